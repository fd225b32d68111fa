import type { Remote } from '../remote/remote.ts';
import { hostFacts } from './internal/host-facts.ts';

/** A task that changes a whole machine was given a host where that cannot be. */
export class NoRootError extends Error {
  override readonly name = 'NoRootError';
  constructor(params: { task: string; host: string; sandbox: boolean }) {
    const why = params.sandbox
      ? 'is a sandbox node and has no root of its own'
      : 'gives no root without a password';
    super(
      `${params.task}: ${params.host} ${why}; take targets of the docker provider, or machines with sudo`,
    );
  }
}

/** Throws NoRootError for the first host on which `sudo` is not root over a machine of its own. */
export async function requireRoot(task: string, remotes: readonly Remote[]): Promise<void> {
  const facts = await Promise.all(remotes.map(hostFacts));
  const index = facts.findIndex(({ root }) => !root);
  const [remote, fact] = [remotes[index], facts[index]];
  if (remote && fact) throw new NoRootError({ task, host: remote.shortname, sandbox: fact.sandbox });
}
