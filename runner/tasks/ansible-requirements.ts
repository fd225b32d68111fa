import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCommandFailedError, runLocally } from './local-program.ts';
import { pause } from './pause.ts';

/** What a repository of playbooks needs from elsewhere cannot be had. */
class AnsibleRequirementsError extends Error {
  override readonly name = 'AnsibleRequirementsError';
}

const tries = 3;
const pauseMs = 5000;

/**
 * Installs the roles and collections that `requirements.yml` of a repository names, three times at most, as they come over the network.
 * They go to the first of the paths in `env`, not into the repository.
 */
export async function installRequirements(params: {
  repo: string;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  output: (chunk: Buffer) => Promise<void>;
}): Promise<void> {
  const { repo, signal } = params;
  const file = join(repo, 'requirements.yml');
  if (!existsSync(file)) return;
  for (let attempt = 1; ; attempt++) {
    let said = '';
    try {
      await runLocally({
        program: 'ansible-galaxy',
        args: ['install', '-r', file],
        cwd: repo,
        env: params.env,
        signal,
        output: async (chunk) => {
          said = (said + chunk.toString()).slice(-2000);
          await params.output(chunk);
        },
        advice: 'install Ansible (the package ansible-core)',
      });
      return;
    } catch (cause) {
      if (!(cause instanceof LocalCommandFailedError)) throw cause;
      const last =
        said
          .trim()
          .split('\n')
          .find((line) => /error|fatal|was NOT installed/i.test(line)) ?? cause.message;
      if (attempt === tries)
        throw new AnsibleRequirementsError(
          `ansible: what ${file} names cannot be installed: ${last.trim()}`,
          {
            cause,
          },
        );
      await pause(pauseMs, signal);
    }
  }
}
