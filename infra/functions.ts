import type { Construct } from 'constructs';
import { LabFunction } from './lab-function.ts';
import type { LabProps } from './lab-props.ts';
import { dispatchSeconds, eventSeconds, submissionSeconds } from './queues.ts';
import type { Queues } from './queues.ts';
import { withIndexes } from './tables.ts';
import type { Tables } from './tables.ts';

export interface FunctionsProps {
  readonly lab: LabProps;
  readonly tables: Tables;
  readonly queues: Queues;
  readonly environment: Readonly<Record<string, string>>; // what most need; see lab-stack.ts
  readonly launching: Readonly<Record<string, string>>; // what a launch of a runner needs
  readonly tasks: string; // ARN pattern of the runners
  readonly runnerTask: string; // ARN of the definition
  readonly runnerRoles: readonly string[]; // ARNs that a launch passes on
  readonly bucket: string; // ARN of the archive
  readonly suites: readonly string[]; // ARN patterns of the tarballs of suites in S3
  readonly mail: {
    readonly actions: readonly string[];
    readonly resources: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  };
}

export interface Functions {
  readonly api: LabFunction;
  readonly scheduleSuite: LabFunction;
  readonly dispatch: LabFunction;
  readonly sweep: LabFunction;
  readonly onRunnerStopped: LabFunction;
  readonly notify: LabFunction;
  readonly retention: LabFunction;
}

const reads = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const changes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const writes = [...changes, 'dynamodb:BatchWriteItem'];

/** The seven functions, each with what it may do. */
export function labFunctions(scope: Construct, props: FunctionsProps): Functions {
  const { queues, lab } = props;
  const { nodes, results } = props.tables;
  const tables = [nodes.tableArn, ...withIndexes(results)];
  const { environment, launching } = props;
  const wakeups = queues.wakeups.queue.queueArn;
  const work = [...queues.work.values()].map(({ queue }) => queue.queueArn);
  const objects = `${props.bucket}/*`;
  const make = (id: string, rest: ConstructorParameters<typeof LabFunction>[2]) =>
    new LabFunction(scope, id, rest);

  const api = make('api', {
    does: 'The HTTP API of the lab',
    lua: true,
    pages: true,
    seconds: 29, // an HTTP API waits for 30
    memory: 1024,
    environment: {
      ...environment,
      ...launching,
      ...props.mail.environment,
      LOLIGO_SUBMISSIONS_QUEUE_URL: queues.submissions.queue.queueUrl,
      LOLIGO_MAX_RUNNERS: String(lab.maxRunners), // the plan by which it says why jobs wait
      ...(lab.operators.length > 0 && { LOLIGO_OPERATORS: lab.operators.join(',') }),
    },
  })
    .may([...reads, ...writes], tables)
    .may(['s3:GetObject'], [objects])
    .may(['s3:ListBucket'], [props.bucket])
    .may(['sqs:SendMessage'], [wakeups, queues.submissions.queue.queueArn])
    .may(['ecs:StopTask'], [props.tasks])
    .may(props.mail.actions, props.mail.resources);
  // What workers write, they write through the API.
  if (work.length > 0)
    api
      .may(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], work)
      .may(['dynamodb:ConditionCheckItem'], tables)
      .may(['s3:PutObject'], [objects]);

  const scheduleSuite = make('schedule-suite', {
    does: 'Expands a suite that was submitted and queues its jobs',
    lua: true,
    seconds: submissionSeconds,
    memory: 1769, // one whole processor
    environment: {
      ...environment,
      ...props.mail.environment,
      LOLIGO_SUBMISSIONS_QUEUE_URL: queues.submissions.queue.queueUrl,
    },
  })
    .may([...reads, ...changes], tables)
    .may(['sqs:SendMessage'], [wakeups, queues.submissions.queue.queueArn])
    .may(props.mail.actions, props.mail.resources);
  if (props.suites.length > 0)
    for (const each of [api, scheduleSuite]) each.may(['s3:GetObject'], props.suites);

  const dispatch = make('dispatch', {
    does: 'Plans who runs next, claims nodes and starts runners',
    seconds: dispatchSeconds,
    memory: 1024,
    environment: { ...environment, ...launching, LOLIGO_MAX_RUNNERS: String(lab.maxRunners) },
  })
    .may([...reads, ...writes], tables)
    .may(['ecs:RunTask'], [props.runnerTask])
    .may(['iam:PassRole'], props.runnerRoles);
  if (work.length > 0) dispatch.may(['sqs:SendMessage'], work);

  const sweeping = { ...environment, ...launching };
  const sweepers = {
    sweep: { does: 'Makes true what the records say should be, every minute', seconds: 300 },
    'on-runner-stopped': { does: 'Looks after the job of a runner that has ended', seconds: eventSeconds },
  };
  const sweeper = (id: keyof typeof sweepers) =>
    make(id, { ...sweepers[id], memory: 512, environment: sweeping })
      .may([...reads, ...writes], tables)
      .may(['sqs:SendMessage'], [wakeups])
      .may(['ecs:DescribeTasks', 'ecs:StopTask'], [props.tasks]);

  const onRunnerStopped = sweeper('on-runner-stopped')
    .may(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [objects])
    .may(['s3:ListBucket'], [props.bucket]);

  const notify = make('notify', {
    does: 'Reports on runs that are over or late',
    seconds: 120,
    memory: 512,
    environment: { ...environment, ...props.mail.environment },
  })
    .may([...reads, ...writes.filter((action) => action !== 'dynamodb:UpdateItem')], tables)
    .may(['s3:GetObject', 's3:PutObject'], [objects])
    .may(['s3:ListBucket'], [props.bucket])
    .may(props.mail.actions, props.mail.resources);

  const retention = make('retention', {
    does: 'Lets go of what the archive has kept long enough, every day',
    seconds: 900,
    memory: 512,
    environment,
  })
    .may(['dynamodb:GetItem'], tables)
    .may(['s3:ListBucket'], [props.bucket])
    .may(['s3:GetObject', 's3:DeleteObject', 's3:GetObjectTagging', 's3:PutObjectTagging'], [objects]);

  return {
    api,
    scheduleSuite,
    dispatch,
    sweep: sweeper('sweep'),
    onRunnerStopped,
    notify,
    retention,
  };
}
