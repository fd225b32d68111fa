import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { queueSuite, terminal } from './suite.ts';
import type { SuiteSurroundings } from './suite.ts';
import { suiteOptions } from './suite/options.ts';
import type { SuiteOptions } from './suite/options.ts';

/** `loligo rerun RUN`: what `loligo suite -r RUN` does. */
export function command(surroundings: SuiteSurroundings = terminal): Command {
  const word = new Command('rerun')
    .summary('queue jobs of an earlier run again')
    .description(
      'Queues again, as a new run, the jobs of a run that failed or were dead (-R: of other statuses). Suite, seed, subset and no_nested_subset are those of its record, and the jobs exactly those that it had. All options of `loligo suite` hold.',
    )
    .argument('<run>', 'name of the earlier run')
    .argument('[config_yaml...]', 'YAML files merged over every job');
  return suiteOptions(word)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo rerun RUN', 'what failed or was dead, again'],
          ['loligo rerun RUN -R dead --wait', 'only what the lab lost'],
          ['loligo rerun RUN fix.yaml', 'with something merged over every job'],
        ],
        '0 queued; with --wait: every job passed, 1 refused, or a test failed, 2 no lab answers, 3 no test failed, but jobs are dead',
      ),
    )
    .action(async (run: string, files: string[], options: SuiteOptions) => {
      if (options.rerun !== undefined && options.rerun !== run)
        throw new InputError(`is '${run}' or '${options.rerun}' to be repeated? Name one run`);
      await queueSuite(files, { ...options, rerun: run }, surroundings);
    });
}
