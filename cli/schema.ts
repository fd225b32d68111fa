import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { jobJsonSchema } from '../adapters/yaml/job-schema.ts';
import { printJson } from './client/print.ts';

/** `loligo schema job`: the JSON Schema of job files, for editors that complete and check YAML. */
export function command(): Command {
  return new Command('schema')
    .summary('print the JSON Schema of a file format')
    .description('Prints the JSON schema of job files, by which editors complete and check them.')
    .argument('<format>', 'job')
    .addHelpText(
      'after',
      helpText(
        [['loligo schema job > job.schema.json', 'for the YAML extension of an editor']],
        '0 printed, 1 no such format',
      ),
    )
    .action(printSchema);
}

async function printSchema(format: string, _options: unknown, command: Command): Promise<void> {
  if (format !== 'job') command.error(`no format '${format}'; there is: job`, { exitCode: 2 });
  await printJson(jobJsonSchema());
}
