import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import type { Launcher, LaunchParams } from '../../core/ports/launcher.ts';
import { workerRunnerPrefix } from '../../core/ports/workers.ts';
import type { Workers } from '../../core/ports/workers.ts';
import { leaseMs } from '../../core/operations/lab-ports.ts';
import { resultKeys, sortable } from './keys.ts';
import type { Key } from './keys.ts';
import type { Tables } from './table.ts';

export interface WorkQueueOptions {
  readonly tables: Tables;
  readonly client: SQSClient;
  readonly queueUrls: ReadonlyMap<string, string>; // by machine type: those whose jobs only workers run
  readonly others: Launcher;
  readonly onWaiting: (machineType: string) => Promise<void>;
  readonly now?: () => number;
}

/** What one ReceiveMessage may wait. */
const longestPollMs = 20_000;

/**
 * Hands attempts on nodes of some machine types to workers that wait for them, through one queue a type; all others go to another
 * launcher. Who waits is in the results table as a ticket, since no process knows the others: an attempt is sent when a ticket
 * could be taken for it, so that there are never more messages than workers. A message that is older than the lease of its claim is dropped.
 */
export function workQueues(options: WorkQueueOptions): { launcher: Launcher; workers: Workers } {
  const { queueUrls, others } = options;
  const isWorker = (runner: string) => runner.startsWith(workerRunnerPrefix);
  const launcher: Launcher = {
    async unready(type) {
      if (!queueUrls.has(type)) return null;
      return (await waiters(options, { type, limit: 1 })).length > 0 ? null : nobodyWaits(type);
    },
    async launch(params) {
      const type = params.nodes.map((node) => node.machineType).find((each) => queueUrls.has(each));
      if (type === undefined) return await others.launch(params);
      if (!(await takeTicket(options, type))) throw new LauncherBusyError(nobodyWaits(type));
      const { attempt, attemptNumber, nodes } = params;
      const MessageBody = JSON.stringify({ attempt, attemptNumber, nodes } satisfies LaunchParams);
      await options.client.send(new SendMessageCommand({ QueueUrl: queueUrls.get(type), MessageBody }));
      return `${workerRunnerPrefix}for ${type}`;
    },
    // Only the lease tells of a worker that is gone.
    isAlive: async (runner) => isWorker(runner) || (await others.isAlive(runner)),
    // A worker learns of a request to end when it renews its lease.
    stop: async (runner, params) => (isWorker(runner) ? undefined : await others.stop(runner, params)),
  };
  return { launcher, workers: { next: async (params) => nextAttempt(options, params) } };
}

function nobodyWaits(type: string): string {
  return `no worker for ${type} waits for a job`;
}

async function nextAttempt(
  options: WorkQueueOptions,
  { machineType, worker, waitMs, signal }: Parameters<Workers['next']>[0],
): Promise<LaunchParams | null> {
  const { tables, now = Date.now } = options;
  const queueUrl = options.queueUrls.get(machineType);
  if (queueUrl === undefined || signal.aborted) return null;
  const until = now() + waitMs;
  const ticket = resultKeys.waiter(machineType, `${sortable(until)}#${crypto.randomUUID()}`);
  const goneAt = Math.ceil(until / 1000) + 60;
  await tables.putMany(tables.results, [{ ...ticket, worker, goneAt } as Key]);
  let taken: LaunchParams | null = null;
  try {
    await options.onWaiting(machineType);
    for (let left = waitMs; taken === null && left > 0 && !signal.aborted; left = until - now()) {
      const message = await receive(options.client, { queueUrl, waitMs: left, signal });
      if (message !== null && ageOf(message, now()) < leaseMs)
        taken = JSON.parse(message.Body ?? '') as LaunchParams;
    }
    return taken;
  } finally {
    // The message may be the one for which another worker's ticket was taken: this one stands for that worker then.
    if (taken === null) await removeTicket(tables, ticket);
  }
}

/** The next message, which is off the queue then; null when none came, or the signal was aborted. */
async function receive(
  client: SQSClient,
  { queueUrl, waitMs, signal }: { queueUrl: string; waitMs: number; signal: AbortSignal },
): Promise<Message | null> {
  try {
    const answer = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: Math.ceil(Math.min(waitMs, longestPollMs) / 1000),
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
      { abortSignal: signal },
    );
    const [message] = answer.Messages ?? [];
    if (message === undefined) return null;
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
    return message;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function ageOf(message: Message, now: number): number {
  return now - Number(message.Attributes?.SentTimestamp ?? now);
}

/** Those who still wait for a job of a type, who wait longest first. */
async function waiters(
  { tables, now = Date.now }: WorkQueueOptions,
  { type, limit }: { type: string; limit: number },
): Promise<Key[]> {
  return tables.query<Key>({
    TableName: tables.results,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk and sk > :now',
    ExpressionAttributeValues: { ':pk': resultKeys.waiting(type), ':now': sortable(now()) },
    ScanIndexForward: false,
    Limit: limit,
  });
}

async function takeTicket(options: WorkQueueOptions, type: string): Promise<boolean> {
  for (const { pk, sk } of await waiters(options, { type, limit: 25 })) {
    if (await removeTicket(options.tables, { pk, sk })) return true;
  }
  return false;
}

/** Whether it was there; of two who try, one has it. */
async function removeTicket(tables: Tables, Key: Key): Promise<boolean> {
  const Delete = {
    TableName: tables.results,
    Key: { pk: Key.pk, sk: Key.sk },
    ConditionExpression: 'attribute_exists(pk)',
  };
  return (await tables.transact([{ Delete }])) === 'ok';
}
