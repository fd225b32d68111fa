import { awsClients } from '../adapters/aws/clients.ts';
import { needed, readAwsEnvironment } from '../adapters/aws/environment.ts';
import { pruneBucket } from '../adapters/aws/prune-archive.ts';
import { usualRetention } from '../core/results/retention.ts';
import { openLab } from './lab.ts';

/** Called every day: takes out of the archive what has had its time. A call that is cut short is finished by the next. */
export async function handler(): Promise<void> {
  const { ports } = await openLab();
  const environment = readAwsEnvironment(process.env);
  const gone = await pruneBucket({
    bucket: {
      client: awsClients(environment).s3(),
      name: needed(environment, 'LOLIGO_ARCHIVE_BUCKET'),
    },
    retention: usualRetention,
    now: ports.clock.now(),
    endOf: async (run, jobId) => {
      const job = await ports.jobs.getJob(run, jobId);
      return job === null || job.finishedAt === null ? null : { status: job.status, endedAt: job.finishedAt };
    },
  });
  ports.log.info(`${gone} objects of the archive have had their time`);
}
