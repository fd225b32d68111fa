import { createHash, randomUUID } from 'node:crypto';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { JobView } from '../../cli/client/lab-client.ts';
import { failure, json } from './gateway.ts';
import type { Rehearsal } from './rehearsal.ts';
import { machineType } from './rehearsal.ts';
import type { Resource } from './stack.ts';
import { until } from './smoke-scenario.ts';

export interface QueuedJob {
  readonly run: string;
  readonly jobId: number;
}

/** Queues one job for one node that runs shell commands. */
export async function queueShell(
  { client }: Rehearsal,
  name: string,
  ...commands: string[]
): Promise<QueuedJob> {
  const yaml = JSON.stringify({
    machine_type: machineType,
    roles: [['client.0']],
    tasks: [{ exec: { 'client.0': commands } }],
  });
  const { run, job_ids: ids } = await client.post<{ run: string; job_ids: number[] }>('/v1/jobs', {
    yaml,
    name,
  });
  return { run, jobId: ids[0] ?? 0 };
}

/** The job, once it has one of these statuses. */
export async function jobOnce(
  { client }: Rehearsal,
  { run, jobId }: QueuedJob,
  ...statuses: readonly string[]
): Promise<JobView> {
  const now = async () => await client.get<JobView>(apiPath('runs', run, 'jobs', jobId));
  const quiet = { tick: async () => undefined };
  await until(`${run} is ${statuses.join(' or ')}`, quiet, async () =>
    statuses.includes((await now()).status),
  );
  return await now();
}

/** The task that runs a job, once it has printed something. */
export async function taskOf({ lab }: Rehearsal, text: string) {
  const find = () => lab.tasks.all.find(({ output }) => output().includes(text));
  await until(`a runner says '${text}'`, { tick: async () => undefined }, async () => find() !== undefined);
  return find() ?? missing(text);
}

/** Puts text on a queue as if somebody had sent it. */
export async function putMessage({ lab }: Rehearsal, queue: Resource, MessageBody: string): Promise<void> {
  const { sqs, endpointOf } = lab.emulators;
  const QueueUrl = `${endpointOf('sqs')}${new URL(queue.ref).pathname}`;
  const fifo = queue.properties['FifoQueue'] === true;
  const order = fifo && { MessageGroupId: 'group', MessageDeduplicationId: randomUUID() };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...order }));
}

/** Bodies of the messages that wait in a queue, hidden ones among them. */
export function messagesIn({ lab }: Rehearsal, queue: Resource): string[] {
  const { messages } =
    lab.emulators.queues.inspectQueue(queue.attributes['QueueName'] ?? '') ?? missing(queue.id);
  return [...messages.ready, ...messages.delayed, ...messages.inflight.map(({ message }) => message)].map(
    ({ body }) => body,
  );
}

/** Loses what is sent to a queue, and tells the senders that it has arrived; ends with what comes back. */
export function loseMessages({ lab }: Rehearsal, queue: Resource): { readonly lost: string[]; end(): void } {
  const lost: string[] = [];
  const end = lab.gateway.answerWith(async ({ service, operation, input }) => {
    if (service !== 'sqs' || operation !== 'SendMessage' || input['QueueUrl'] !== queue.ref) return null;
    const body = String(input['MessageBody']);
    lost.push(body);
    return json(200, {
      MessageId: randomUUID(),
      MD5OfMessageBody: createHash('md5').update(body).digest('hex'),
    });
  });
  return { lost, end };
}

/**
 * Refuses each request to the tables when it is first made, as tables do that are asked too much, and those of the API also when they are
 * made again; ends with what comes back.
 */
export function throttleTables(
  { lab }: Rehearsal,
  { apiToo }: { apiToo: boolean },
): { refused(): number; end(): void } {
  let refused = 0;
  const end = lab.gateway.answerWith(async ({ caller, service, request }) => {
    const first = request.headers['amz-sdk-request']?.startsWith('attempt=1') === true;
    const always = apiToo && caller.name.startsWith('api');
    if (service !== 'dynamodb' || !(first || always)) return null;
    refused += 1;
    const message = 'The level of configured provisioned throughput for the table was exceeded';
    return failure('dynamodb', { status: 400, code: 'ProvisionedThroughputExceededException', message });
  });
  return { refused: () => refused, end };
}

/** Kills a function at its next call of an operation, before AWS has that or after; resolves when it has happened. */
export function killAt(
  { lab }: Rehearsal,
  moment: { readonly name: string; readonly operation: string; readonly when: 'before' | 'after' },
): { readonly happened: Promise<void> } {
  const victim =
    [...lab.functions.values()].find(({ name }) => name.startsWith(moment.name)) ?? missing(moment.name);
  const happened = new Promise<void>((resolve) => {
    const end = lab.gateway.answerWith(async ({ caller, operation }, pass) => {
      if (!caller.name.startsWith(moment.name) || operation !== moment.operation) return null;
      end();
      if (moment.when === 'after') await pass();
      victim.kill();
      resolve();
      return json(500, { __type: 'InternalServerError', message: 'nobody is there to read this' });
    });
  });
  return { happened };
}

/** Names of the objects below a folder of the archive. */
export async function objectsIn({ lab }: Rehearsal, Prefix: string): Promise<string[]> {
  const bucket = await lab.stack.one('AWS::S3::Bucket', 'Archive');
  const { Contents = [] } = await lab.emulators.s3.send(
    new ListObjectsV2Command({ Bucket: bucket.ref, Prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

function missing(what: string): never {
  throw new Error(`there is no ${what}`);
}
