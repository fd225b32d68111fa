import { createHash } from 'node:crypto';
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
  readonly from: number; // the first job of the expansion that is not queued yet; 0 = the beginning
}

/** What was sent by this code is not looked into again. */
export const suiteMessage = z.object({
  request: z.custom<SuiteMessage['request']>(
    (value) => typeof (value as SuiteRequest | null)?.name === 'string',
  ),
  context: z.object({ owner: z.string(), now: z.number(), resumed: z.boolean() }),
  from: z.int().min(0).default(0),
});

/** Puts a message on the queue of submissions. */
export type SendSuite = (message: SuiteMessage) => Promise<void>;

/** What SQS takes as one message. */
const mostBytes = 1024 * 1024;

/**
 * Sends to a FIFO queue whose groups are the runs: the slices of one come one after the other, those of others meanwhile. Who sends one slice
 * twice within five minutes adds one message. One request a call; throws ProblemError for a suite that is too large.
 */
export function suiteSender(queueUrl: string, client: SQSClient = new SQSClient()): SendSuite {
  return async (message) => {
    const body = JSON.stringify(message);
    if (Buffer.byteLength(body) > mostBytes)
      throw new ProblemError(
        413,
        `the suite's YAML is larger than the ${mostBytes} bytes that the queue of submissions takes`,
      );
    const { name } = message.request;
    const { owner, now } = message.context;
    const command = {
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageGroupId: digest([name]),
      MessageDeduplicationId: digest([name, owner, now, message.from]),
    };
    await client.send(new SendMessageCommand(command));
  };
}

/** Names of runs may be longer than those of groups. */
function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Takes suites by putting them on a queue, from which `schedule-suite` expands them: that may take longer than a request may. The
 * run has its name already; what is wrong with the suite itself is mailed, and shows at the run.
 */
export function queuedSuites(ports: { send: SendSuite; jobs: Pick<JobStore, 'getRun'> }): Submit['suite'] {
  return async (request, context) => {
    const name = request.name ?? nameOf(request, context);
    checkRunName(name);
    if (!context.resumed && (await ports.jobs.getRun(name)) !== null) throw new RunExistsError(name);
    await ports.send({ request: { ...request, name }, context, from: 0 });
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
