import { z } from 'zod';
import type { Logger } from '../core/ports/logger.ts';
import type { Provider } from '../core/ports/provider.ts';

/** What the lab gives every provider beside the options of its own. */
export interface ProviderContext {
  readonly lab: string; // names what the provider makes on a shared machine, e.g. in labels; stable over restarts of the lab
  readonly folder: string; // the provider's alone; keys, fences and state live here
  readonly logger: Logger;
}

/** A kind of provider, as the registry lists it. */
export interface ProviderModule {
  readonly name: string; // as in `Node.provider`
  readonly summary: string;
  readonly machineType: string; // of its nodes, unless an option says otherwise
  /** Checks the options, which come from a person, and makes the provider. Nothing is started yet. Throws ProviderOptionsError. */
  open(options: unknown, context: ProviderContext): Provider;
}

/** A provider was given options that it cannot use. */
export class ProviderOptionsError extends Error {
  override readonly name = 'ProviderOptionsError';
  readonly provider: string;
  constructor(provider: string, problem: string, options?: ErrorOptions) {
    super(`options of provider '${provider}': ${problem}`, options);
    this.provider = provider;
  }
}

/** Ties a provider to the schema of its options, so that its factory sees only options that were checked. */
export function defineProvider<Schema extends z.ZodType>(definition: {
  name: string;
  summary: string;
  machineType: string;
  options: Schema;
  create: (options: z.output<Schema>, context: ProviderContext) => Provider;
}): ProviderModule {
  const { name, summary, machineType } = definition;
  return {
    name,
    summary,
    machineType,
    open(options, context) {
      // The lab's name becomes part of container and network names.
      if (!nodeName.safeParse(context.lab).success)
        throw new ProviderOptionsError(name, `'${context.lab}' cannot name a lab`);
      const checked = definition.options.safeParse(options ?? {});
      if (!checked.success) throw new ProviderOptionsError(name, describeIssues(checked.error, options));
      return definition.create(checked.data, context);
    },
  };
}

/** The name of a node, as it may stand in targets, folders and host names. */
export const nodeName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, "is not a node name: letters, digits, '-' and '.' only");

/** How many nodes, and the names they get: `prefix01`, `prefix02`, ... */
export const numberedNodes = {
  count: z.int().min(1).max(1000).default(2),
  prefix: nodeName.optional(),
};

/** `target` and 3 give target01, target02, target03; more digits when the count needs them. */
export function numberedNames(prefix: string, count: number): string[] {
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => prefix + String(index + 1).padStart(digits, '0'));
}

function describeIssues(error: z.ZodError, options: unknown): string {
  return error.issues
    .map((issue) => {
      const path = issue.path.map(String);
      const given = path.reduce<unknown>(
        (value, key) => (value as Record<string, unknown> | undefined)?.[key],
        options,
      );
      const where = path.length === 0 ? '' : `${path.join('.')} = ${JSON.stringify(given)}: `;
      return where + issue.message;
    })
    .join('; ');
}
