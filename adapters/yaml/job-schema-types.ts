import { z } from 'zod';

/** Text; unquoted numbers count, since a commit or a version may look like one. */
export const text = z.union([z.string(), z.number()], { error: 'must be text' });
export const flag = z.boolean({ error: 'must be true or false' });
export const wholeNumber = z.int({ error: 'must be a whole number' });
export const amount = z.number({ error: 'must be a number' }).min(0, { error: 'must not be negative' });
export const map = z.record(z.string(), z.unknown(), { error: 'must be a map' });
const textList = z.array(text, { error: 'must be a list' });
export const textOrList = z.union([text, textList], { error: 'must be text or a list of texts' });

const hostKey = z
  .string()
  .regex(/^\S+\s+\S+/, { error: 'must be "<key type> <base64>"' })
  .meta({ description: 'SSH host public key, as in /etc/ssh/ssh_host_ed25519_key.pub.' });

const targetMap = z
  .strictObject({
    address: z
      .string()
      .optional()
      .meta({ description: 'Host name or IP to connect to; default: the host in the name.' }),
    port: z.int().min(1).max(65535).optional().meta({ description: 'SSH port.', default: 22 }),
    key: hostKey.nullable().optional(),
    identity: z.string().optional().meta({ description: 'Private key file for this host.' }),
  })
  .meta({ description: 'A host that is not at host:22.' });

export const targets = z.record(
  z.string(),
  z.union([hostKey, z.null(), targetMap], {
    error: 'must be "<key type> <base64>", null, or a map of address, port, key and identity',
  }),
  { error: 'must be a map of user@host to host key' },
);

export const roles = z.array(
  z.array(z.string({ error: 'must be text' }), { error: 'must be the list of one host' }),
  { error: 'must be a list of lists, one for each host' },
);

const task = z.union(
  [
    z.record(z.string(), z.unknown()).meta({
      description: 'The name of a task and, after the colon, its configuration.',
      minProperties: 1,
      maxProperties: 1,
    }),
    z.string().meta({ description: 'The name of a top-level list or map.' }),
  ],
  { error: 'must be a map of one task name' },
);
export const tasks = z.array(task, { error: 'must be a list' });

const requirement = z
  .strictObject({
    machine_type: text.optional().meta({ description: 'One machine type, or several separated by commas.' }),
    os_type: text.optional(),
    os_version: text.optional(),
    arch: text.optional(),
  })
  .nullable();
/** Which keys are wrong, and which values, is told in words by the check of the job. */
export const requirements = z
  .record(z.string(), z.unknown(), { error: 'must be a map of role to what its node must be' })
  .meta({
    additionalProperties: withoutDialect(z.toJSONSchema(requirement, { io: 'input', target: 'draft-7' })),
  });

/** A schema as a part of another. */
function withoutDialect(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

const hint = z.looseObject({
  machine: z
    .looseObject({
      disk: amount.optional().meta({ description: 'GB' }),
      ram: amount.optional().meta({ description: 'MB' }),
      cpus: amount.optional(),
    })
    .nullable()
    .optional(),
  volumes: z
    .looseObject({ count: amount.optional(), size: amount.optional().meta({ description: 'GB' }) })
    .nullable()
    .optional(),
});
export const openstackHints = z.array(hint, { error: 'must be a list of hints' });
