import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import { InputError } from './client/failure.ts';
import { archivePathOf, followLog } from './client/follow-log.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { JobView } from './client/lab-client.ts';
import { printBytes } from './client/print.ts';

interface LogsOptions {
  follow: boolean;
  file: string;
  folder?: string;
}

/** `loligo logs RUN JOB`: what is in the archive, or with `-f` what comes, until the job is over. */
export function command(): Command {
  return new Command('logs')
    .summary('print or follow the log of a job')
    .description('Prints a file of the archive of a job: its log, unless another is named.')
    .argument('<run>', 'run name, or RUN/JOB')
    .argument('[job]', 'job id')
    .option('-f, --follow', 'go on until the job is over', false)
    .option('--file <path>', 'another file of the job', 'teuthology.log')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      helpText([
        ['loligo logs RUN 17 -f', 'follow the log of a job until it is over'],
        ['loligo logs RUN/17 | grep ERROR', 'of a job by its full name'],
        ['loligo logs RUN 17 --file summary.yaml', 'another file of it'],
      ]),
    )
    .action(async (run: string, job: string | undefined, options: LogsOptions) => {
      const [name = '', id = job] = run.split('/');
      if (id === undefined) throw new InputError(`which job of ${name}? loligo logs RUN JOB`);
      const lab = findLab(options);
      const { job_id: jobId } = await lab.get<JobView>(apiPath('runs', name, 'jobs', id));
      const of = { run: name, jobId, file: options.file };
      await printBytes(options.follow ? followLog(lab, of) : await lab.stream(archivePathOf(of)));
    });
}
