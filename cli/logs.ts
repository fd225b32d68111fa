import { Command } from 'commander';
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
    .argument('<run>', 'run name, or RUN/JOB')
    .argument('[job]', 'job id')
    .option('-f, --follow', 'go on until the job is over', false)
    .option('--file <path>', 'another file of the job', 'teuthology.log')
    .option('--folder <dir>', 'folder of the lab')
    .action(async (run: string, job: string | undefined, options: LogsOptions) => {
      const [name = '', id = job] = run.split('/');
      if (id === undefined) throw new InputError(`which job of ${name}? loligo logs RUN JOB`);
      const lab = findLab(options);
      const { job_id: jobId } = await lab.get<JobView>(apiPath('runs', name, 'jobs', id));
      const of = { run: name, jobId, file: options.file };
      await printBytes(options.follow ? followLog(lab, of) : await lab.stream(archivePathOf(of)));
    });
}
