import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { SqsSchema } from '@aws-lambda-powertools/parser/schemas/sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulators } from './emulators.ts';
import type { FunctionHost, Invocation } from './function-host.ts';
import type { Identity } from './identities.ts';
import type { Ledger } from './ledger.ts';
import type { Roles } from './roles.ts';
import type { Stack } from './stack.ts';
import { region } from './place.ts';

/** What a mapping between a queue and a function says. */
interface Mapping {
  readonly id: string; // of the resource
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly target: FunctionHost;
  readonly batchSize: number;
  readonly most: number; // batches at once
  readonly partial: boolean; // whether the function says which messages failed
  readonly poller: Identity; // the role of the function, which AWS polls with
  readonly gateway: string;
}

/** The mappings of the template. */
export async function mappingsOf(params: {
  stack: Stack;
  functions: ReadonlyMap<string, FunctionHost>;
  roles: Roles;
  gateway: string;
}): Promise<Mapping[]> {
  const { stack, functions } = params;
  const queues = await stack.all('AWS::SQS::Queue');
  const mappings = await stack.all('AWS::Lambda::EventSourceMapping');
  return await Promise.all(
    mappings.map(async ({ id, properties }) => {
      const { EventSourceArn, FunctionName, BatchSize, FunctionResponseTypes, ScalingConfig } = properties;
      const queue = queues.find(({ attributes }) => attributes['Arn'] === EventSourceArn);
      const target = functions.get(String(FunctionName));
      if (queue === undefined || target === undefined) throw new Error(`${id} maps no queue to a function`);
      const { properties: called } = await stack.resource(target.name);
      return {
        id,
        queueUrl: queue.ref,
        queueArn: String(EventSourceArn),
        target,
        batchSize: Number(BatchSize ?? 10),
        most: Number(ScalingConfig?.MaximumConcurrency ?? 5),
        partial: (FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
        poller: params.roles.assume(String(called['Role'])),
        gateway: params.gateway,
      };
    }),
  );
}

/** Serves all mappings until it is disposed. */
export function serveQueues(
  mappings: readonly Mapping[],
  lab: { emulators: Emulators; ledger: Ledger },
): AsyncDisposable {
  const stop = new AbortController();
  const serving = mappings.map((mapping) => serveQueue(mapping, lab, stop.signal));
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(serving);
    },
  };
}

/**
 * Polls a queue and calls the function with what it finds, as the mapping says, until the signal comes. What failed is visible again at
 * once: the time for which the queue hides it is taken as gone by.
 */
async function serveQueue(
  mapping: Mapping,
  { emulators, ledger }: { emulators: Emulators; ledger: Ledger },
  signal: AbortSignal,
): Promise<void> {
  const { accessKeyId, secretAccessKey, sessionToken } = mapping.poller;
  const client = new SQSClient({
    region,
    endpoint: mapping.gateway,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) },
  });
  const QueueUrl = mapping.queueUrl;
  const running = new Set<Promise<void>>();
  const handle = async (messages: readonly Message[]) => {
    const failed = failedOf(
      await mapping.target.invoke(eventOf(mapping, messages)),
      messages,
      mapping.partial,
    );
    for (const { MessageId = '', ReceiptHandle } of messages) {
      if (!failed.has(MessageId)) await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      else
        await emulators.sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: directUrl(QueueUrl, emulators),
            ReceiptHandle,
            VisibilityTimeout: 0,
          }),
        );
    }
  };
  while (!signal.aborted) {
    if (running.size >= mapping.most) await Promise.race(running);
    const asked = {
      QueueUrl,
      MaxNumberOfMessages: Math.min(10, mapping.batchSize),
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['All' as const],
      MessageAttributeNames: ['All'],
    };
    try {
      const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked), { abortSignal: signal });
      if (Messages.length === 0) continue;
      ledger.triggered(mapping.id);
      const handling = handle(Messages).finally(() => running.delete(handling));
      running.add(handling);
    } catch (error) {
      if (!signal.aborted) console.error(`${mapping.target.name} is not called: ${String(error)}`);
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
  await Promise.allSettled(running);
  client.destroy();
}

function directUrl(url: string, { endpointOf }: Emulators): string {
  return `${endpointOf('sqs')}${new URL(url).pathname}`;
}

function eventOf({ queueArn }: Mapping, messages: readonly Message[]): unknown {
  const event = {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes,
      messageAttributes: message.MessageAttributes ?? {},
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
  SqsSchema.parse(event);
  return event;
}

/** As Lambda reads an answer: a call that failed fails all its messages, and so does an answer that names one that was not there. */
function failedOf(answer: Invocation, messages: readonly Message[], partial: boolean): ReadonlySet<string> {
  const all = new Set(messages.map(({ MessageId = '' }) => MessageId));
  if ('error' in answer) return all;
  if (!partial) return new Set();
  const { batchItemFailures = [] } = (answer.payload ?? {}) as {
    batchItemFailures?: { itemIdentifier: string }[];
  };
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return failed.every((id) => all.has(id)) ? new Set(failed) : all;
}
