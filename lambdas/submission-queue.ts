import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Submit, SuiteRequest } from '../api/ports.ts';
import { ProblemError } from '../api/problem.ts';
import type { SubmissionContext } from '../core/operations/submission.ts';
import { RunExistsError } from '../core/operations/submission.ts';
import { checkRunName, runName } from '../core/operations/run-name.ts';
import type { JobStore } from '../core/ports/job-store.ts';

/** A suite that was accepted and is to be expanded. */
export interface SuiteMessage {
  readonly request: SuiteRequest & { readonly name: string };
  readonly context: SubmissionContext;
}

/** What was sent by this code is not looked into again. */
export const suiteMessage = z.object({
  request: z.custom<SuiteMessage['request']>(
    (value) => typeof (value as SuiteRequest | null)?.name === 'string',
  ),
  context: z.object({ owner: z.string(), now: z.number(), resumed: z.boolean() }),
});

/** What SQS takes as one message. */
const mostBytes = 1024 * 1024;

/**
 * Takes suites by putting them on a queue, from which `schedule-suite` expands them: that may take longer than a request may. The
 * run has its name already; what is wrong with the suite itself is mailed, and shows at the run.
 */
export function queuedSuites(ports: {
  queueUrl: string;
  jobs: Pick<JobStore, 'getRun'>;
  client?: SQSClient;
}): Submit['suite'] {
  const client = ports.client ?? new SQSClient();
  return async (request, context) => {
    const name = request.name ?? nameOf(request, context);
    checkRunName(name);
    if (!context.resumed && (await ports.jobs.getRun(name)) !== null) throw new RunExistsError(name);
    const body = JSON.stringify({ request: { ...request, name }, context } satisfies SuiteMessage);
    if (Buffer.byteLength(body) > mostBytes)
      throw new ProblemError(
        413,
        `the suite's YAML is larger than the ${mostBytes} bytes that the queue of submissions takes`,
      );
    await client.send(new SendMessageCommand({ QueueUrl: ports.queueUrl, MessageBody: body }));
    const notes = ['the suite is expanded now; its jobs show at the run within a minute or two'];
    return { run: name, jobIds: [], jobs: 0, dropped: 0, seed: request.seed, descriptions: [], notes };
  };
}

function nameOf(request: SuiteRequest, { owner, now }: SubmissionContext): string {
  return runName({
    user: owner,
    now,
    suite: request.suite ?? `rerun-of-${request.rerun?.run ?? 'nothing'}`,
    branch: request.cephBranch,
    kernel: request.kernel,
    flavor: request.flavor,
    machineType: request.machineType ?? 'any',
  });
}
