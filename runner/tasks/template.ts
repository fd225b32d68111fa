import type { Task } from '../engine/task.ts';
import { argument, required, taskArguments } from './args.ts';
import { flag, text } from './argument-kinds.ts';

/** The keys of the config: reading, checking and the table in the documentation come from here. */
export const templateArguments = taskArguments('template', {
  role: required({ usage: 'the role on whose host to work', kind: text }),
  greeting: argument({ usage: 'what to leave there', kind: text, fallback: 'hello' }),
  check: argument({ usage: 'whether to read it back', kind: flag, fallback: true }),
});

/** What was left on the host is not what was found there. */
class GreetingLostError extends Error {
  override readonly name = 'GreetingLostError';
  constructor(host: string, expected: string, found: string) {
    super(`the greeting on ${host} is '${found}', not '${expected}'`);
  }
}

/**
 * Copy this file to begin a task of your own: `tasks/<name>.ts` in your suite, then `- <name>: {role: client.0}` in a job.
 * It reads its config, acts on a host, leaves an undo behind before the first thing that needs one, and fails with a sentence.
 */
export const task: Task = async (ctx, config) => {
  const { role, greeting, check } = templateArguments.read(config);
  const remote = ctx.cluster.remoteOf(role);
  const path = `${remote.testDir}/greeting`;

  // The test folder must be empty in the end. An undo that is left before the act also runs when the act fails half-way.
  ctx.defer(async () => {
    await remote.run(['rm', '-f', '--', path]);
  });
  ctx.log.info(`Leaving a greeting for ${role} on ${remote.name}...`);
  await remote.writeFile(path, greeting, { signal: ctx.signal });

  if (!check) return;
  const found = (await remote.readFile(path, { signal: ctx.signal })).toString();
  if (found !== greeting) throw new GreetingLostError(remote.shortname, greeting, found);
};
