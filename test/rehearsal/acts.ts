import type { Act } from './policy.ts';
import { account, arnOf } from './place.ts';
import type { SignedRequest } from './signature.ts';

/** A call of AWS: which service, and what it is called there. */
export interface Call {
  readonly service: string; // as in the signature
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>; // its parameters, where they are JSON or a form
}

/** What an operation is called, read from the request by the protocol of its service. */
export function callOf(service: string, request: SignedRequest): Call {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    const operation = target.split('.').at(-1) ?? '';
    const input = JSON.parse(request.body.toString() || '{}') as Record<string, unknown>;
    return { service, operation, input };
  }
  if (service === 's3') return { service, operation: s3Operation(request), input: {} };
  if (service === 'ses') {
    const input = JSON.parse(request.body.toString() || '{}') as Record<string, unknown>;
    return {
      service,
      operation: request.url.endsWith('/outbound-emails') ? 'SendEmail' : request.url,
      input,
    };
  }
  const input = Object.fromEntries(new URLSearchParams(request.body.toString()));
  return { service, operation: String(input['Action'] ?? `${request.method} ${request.url}`), input };
}

function s3Operation({ method, url, headers }: SignedRequest): string {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const isBucket = pathname.replaceAll(/^\/|\/$/g, '').split('/').length === 1;
  const part = ['tagging', 'uploads', 'uploadId', 'delete'].find((name) => searchParams.has(name));
  if (isBucket && method === 'GET' && part === undefined) return 'ListObjects';
  if (isBucket && part === 'delete') return 'DeleteObjects';
  const names: Record<string, string> = {
    'GET ': 'GetObject',
    'HEAD ': 'HeadObject',
    'PUT ': headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject',
    'DELETE ': 'DeleteObject',
    'GET tagging': 'GetObjectTagging',
    'PUT tagging': 'PutObjectTagging',
    'POST uploads': 'CreateMultipartUpload',
    'PUT uploadId': headers['x-amz-copy-source'] === undefined ? 'UploadPart' : 'UploadPartCopy',
    'POST uploadId': 'CompleteMultipartUpload',
    'DELETE uploadId': 'AbortMultipartUpload',
  };
  return names[`${method} ${part ?? ''}`] ?? `${method} ${part ?? url}`;
}

/** A call whose permissions nobody has written down; it fails. */
export class UnknownCallError extends Error {
  override readonly name = 'UnknownCallError';
  constructor({ service, operation }: Call) {
    super(`what ${service}:${operation} needs is not written down in test/rehearsal/acts.ts`);
  }
}

/** What a caller must be allowed for a call, after AWS's Service Authorization Reference. `rolesOf`: which roles a task definition passes on. */
export function actsOf(
  call: Call,
  request: SignedRequest,
  rolesOf: (taskDefinition: string) => readonly string[],
): Act[] {
  const find = services[call.service];
  const acts = find?.(call, request, rolesOf) ?? [];
  if (acts.length === 0) throw new UnknownCallError(call);
  return acts;
}

type Find = (call: Call, request: SignedRequest, rolesOf: (task: string) => readonly string[]) => Act[];

const services: Readonly<Record<string, Find>> = {
  dynamodb: dynamoActs,
  s3: s3Acts,
  ecs: ecsActs,
  sqs: ({ operation, input }) => [
    {
      action: `sqs:${operation.replace(/MessageBatch$/, 'Message')}`,
      resource: queueArn(String(input['QueueUrl'])),
    },
  ],
  sns: ({ operation, input }) => [{ action: `sns:${operation}`, resource: String(input['TopicArn']) }],
  secretsmanager: ({ operation, input }) => [
    { action: `secretsmanager:${operation}`, resource: String(input['SecretId']) },
  ],
  sts: ({ operation, input }) => [{ action: `sts:${operation}`, resource: String(input['RoleArn']) }],
  ses: ({ operation, input }) =>
    operation === 'SendEmail'
      ? [
          {
            action: 'ses:SendRawEmail',
            resource: arnOf('ses', `identity/${String(input['FromEmailAddress'])}`),
          },
        ]
      : [],
};

function queueArn(url: string): string {
  const [owner = account, name = ''] = new URL(url).pathname.split('/').slice(-2);
  return arnOf('sqs', name, { account: owner });
}

const singleItem = new Set([
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'DescribeTable',
]);

/** A transaction needs what each of its items would need alone. */
const inTransactions: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

function dynamoActs({ operation, input }: Call): Act[] {
  const table = (name: unknown, index?: unknown) =>
    arnOf('dynamodb', `table/${String(name)}${index === undefined ? '' : `/index/${String(index)}`}`);
  if (operation === 'TransactWriteItems' || operation === 'TransactGetItems')
    return (input['TransactItems'] as Record<string, { TableName: string }>[]).flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) => ({
        action: `dynamodb:${inTransactions[kind] ?? kind}`,
        resource: table(TableName),
      })),
    );
  if (operation === 'BatchWriteItem' || operation === 'BatchGetItem')
    return Object.keys(input['RequestItems'] as object).map((name) => ({
      action: `dynamodb:${operation}`,
      resource: table(name),
    }));
  if (!singleItem.has(operation)) return [];
  return [{ action: `dynamodb:${operation}`, resource: table(input['TableName'], input['IndexName']) }];
}

const s3Actions: Readonly<Record<string, string>> = {
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  CopyObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  DeleteObject: 's3:DeleteObject',
  GetObjectTagging: 's3:GetObjectTagging',
  PutObjectTagging: 's3:PutObjectTagging',
};

function s3Acts({ operation }: Call, { url, headers, body }: SignedRequest): Act[] {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', ...path] = decodeURIComponent(pathname).split('/');
  const arn = `arn:aws:s3:::${bucket}`;
  if (operation === 'ListObjects')
    return [
      { action: 's3:ListBucket', resource: arn, context: { 's3:prefix': searchParams.get('prefix') ?? '' } },
    ];
  if (operation === 'DeleteObjects')
    return [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => ({
      action: 's3:DeleteObject',
      resource: `${arn}/${key}`,
    }));
  const action = s3Actions[operation];
  if (action === undefined) return [];
  const acts: Act[] = [{ action, resource: `${arn}/${path.join('/')}` }];
  const source = headers['x-amz-copy-source'];
  if (source !== undefined)
    acts.push({
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${decodeURIComponent(source).replace(/^\//, '').replace(/\?.*/, '')}`,
    });
  if (headers['x-amz-tagging'] !== undefined)
    acts.push({ action: 's3:PutObjectTagging', resource: `${arn}/${path.join('/')}` });
  return acts;
}

function ecsActs(
  { operation, input }: Call,
  _: SignedRequest,
  rolesOf: (task: string) => readonly string[],
): Act[] {
  const context = { 'ecs:cluster': String(input['cluster']) };
  if (operation === 'RunTask') {
    const definition = String(input['taskDefinition']);
    return [
      { action: 'ecs:RunTask', resource: definition, context },
      ...rolesOf(definition).map((resource) => ({
        action: 'iam:PassRole',
        resource,
        context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
      })),
    ];
  }
  const tasks =
    operation === 'StopTask' ? [input['task']] : operation === 'DescribeTasks' ? input['tasks'] : [];
  return (tasks as unknown[]).map((task) => ({
    action: `ecs:${operation}`,
    resource: String(task),
    context,
  }));
}
