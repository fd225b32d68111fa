import type { Provider } from '../core/ports/provider.ts';
import { docker } from './docker.ts';
import type { ProviderContext, ProviderModule } from './provider-options.ts';
import { sandbox } from './sandbox/sandbox.ts';
import { staticNodes } from './static.ts';

/** Every provider there is. A new one is added here, and nowhere else. */
export const providers: readonly ProviderModule[] = [sandbox, docker, staticNodes];

/** There is no provider of this name. */
export class UnknownProviderError extends Error {
  override readonly name = 'UnknownProviderError';
  constructor(given: string) {
    super(`there is no provider '${given}'; known are ${providers.map(({ name }) => name).join(', ')}`);
  }
}

/** Makes a provider by its name in the registry. Nothing is started yet. */
export function openProvider(name: string, options: unknown, context: ProviderContext): Provider {
  const module = providers.find((provider) => provider.name === name);
  if (module === undefined) throw new UnknownProviderError(name);
  return module.open(options, context);
}
