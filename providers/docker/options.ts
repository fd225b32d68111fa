import { z } from 'zod';
import { thisMachine } from '../machine.ts';
import { numberedNodes } from '../provider-options.ts';
import type { System } from './systems.ts';
import type { Targets } from './targets.ts';

/**
 * What tests may need beyond a plain container, as small sets: all capabilities at once are refused on machines that
 * lack one of them themselves.
 */
const powerParts = {
  mount: {
    capAdd: ['SYS_ADMIN'],
    devices: ['/dev/fuse'],
    securityOpt: ['apparmor=unconfined', 'seccomp=unconfined'],
  },
  net: { capAdd: ['NET_ADMIN', 'NET_RAW'], devices: [], securityOpt: [] },
} as const;

/** The options of the provider, as site files give them. */
export const optionsSchema = z.strictObject({
  ...numberedNodes,
  machineType: z.string().min(1).default('container'),
  /** An image with sshd and sudo to use as it is; without it, one is made for `osType` and `osVersion`. */
  image: z.string().min(1).optional(),
  /** Default: the system of this machine. */
  osType: z.string().min(1).optional(),
  osVersion: z.string().min(1).optional(),
  connect: z.enum(['published', 'direct']).default('published'),
  /** The engine, when it is not the usual one: a socket's path, tcp://HOST:PORT or ssh://USER@HOST. */
  host: z.string().min(1).optional(),
  socket: z.string().min(1).optional(), // what `host` was called before
  /** Systems that jobs may ask for beside the usual one, made when the first job does: `debian:11`. */
  systems: z
    .array(
      z
        .string()
        .regex(/^[a-z]+:[0-9.]+$/, 'is not a system: give TYPE:VERSION, as debian:12')
        .transform((text): System => {
          const [osType = '', osVersion = ''] = text.split(':');
          return { osType, osVersion };
        }),
    )
    .default([]),
  powers: z.array(z.enum(['mount', 'net'])).default(['mount', 'net']),
  capAdd: z.array(z.string()).default([]),
  devices: z.array(z.string().startsWith('/')).default([]),
  securityOpt: z.array(z.string()).default([]),
  tmpfs: z.record(z.string().startsWith('/'), z.string()).default({}),
});
export type Options = z.output<typeof optionsSchema>;

/** What containers may do beyond a plain one. */
export function powersOf(options: Options): Pick<Targets, 'capAdd' | 'devices' | 'securityOpt'> {
  const parts = options.powers.map((power) => powerParts[power]);
  return {
    capAdd: [...parts.flatMap(({ capAdd }) => capAdd), ...options.capAdd],
    devices: [...parts.flatMap(({ devices }) => devices), ...options.devices],
    securityOpt: [...parts.flatMap(({ securityOpt }) => securityOpt), ...options.securityOpt],
  };
}

/** The system of nodes for which nobody asks for another. */
export async function usualSystem(options: Options): Promise<System> {
  const own = await thisMachine();
  return { osType: options.osType ?? own.osType, osVersion: options.osVersion ?? own.osVersion };
}

/** Where the engine is; null = the usual one. */
export function engineOf({ host, socket }: Options): string | null {
  return host ?? socket ?? null;
}
