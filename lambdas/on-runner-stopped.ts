import { z } from 'zod';
import { awsClients } from '../adapters/aws/clients.ts';
import { attemptVariable } from '../adapters/aws/ecs-launcher.ts';
import { needed, readAwsEnvironment } from '../adapters/aws/environment.ts';
import { assignedAttempt } from '../adapters/aws/runner-attempt.ts';
import { mergeParts } from '../adapters/aws/s3-merge.ts';
import type { AttemptRef } from '../core/ports/job-store.ts';
import { openLab } from './lab.ts';
import { eachMessage } from './queue-event.ts';
import type { BatchAnswer } from './queue-event.ts';
import { sweepOnce } from './sweeping.ts';

const variable = z.object({ name: z.string(), value: z.string().optional() });

const stopped = z.object({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.object({
    taskArn: z.string(),
    lastStatus: z.literal('STOPPED'),
    stoppedReason: z.string().optional(),
    overrides: z
      .object({ containerOverrides: z.array(z.object({ environment: z.array(variable).optional() })) })
      .optional(),
  }),
});

/**
 * A runner has ended. Most have finished their jobs before; of those that have not, the sweeper makes an end. What one that was killed left
 * of its logs in parts is made whole.
 */
export async function handler(event: unknown): Promise<BatchAnswer> {
  const lab = await openLab();
  let swept: Promise<void> | null = null;
  return await eachMessage(event, {
    schema: stopped,
    log: lab.ports.log,
    act: async ({ detail }) => {
      lab.ports.log.info(`runner ${detail.taskArn} has ended: ${detail.stoppedReason ?? 'no reason given'}`);
      await (swept ??= sweepOnce(lab));
      const attempt = attemptOfTask(detail);
      if (attempt !== null) await mergeLeftovers(attempt);
    },
  });
}

/** The attempt that a task was started with; null when the event does not say it. */
function attemptOfTask({ overrides }: z.infer<typeof stopped>['detail']): AttemptRef | null {
  const variables = (overrides?.containerOverrides ?? []).flatMap(({ environment }) => environment ?? []);
  const text = variables.find(({ name }) => name === attemptVariable)?.value;
  return text === undefined ? null : assignedAttempt({ [attemptVariable]: text });
}

/** One listing where nothing is left. A later attempt of the job may be writing: what it appends stays. */
async function mergeLeftovers({ run, jobId }: AttemptRef): Promise<void> {
  const environment = readAwsEnvironment(process.env);
  const bucket = needed(environment, 'LOLIGO_ARCHIVE_BUCKET');
  await mergeParts({ client: awsClients(environment).s3(), bucket, folder: `${run}/${jobId}` });
}
