import {
  DescribeTasksCommand,
  ECSServiceException,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import type { CapacityProviderStrategyItem, ECSClient, Failure } from '@aws-sdk/client-ecs';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import type { Launcher } from '../../core/ports/launcher.ts';

export interface EcsLauncherOptions {
  readonly client: ECSClient;
  readonly cluster: string;
  readonly task: string; // family, family:revision or ARN of the definition
  readonly container: string; // its name there
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly publicIp: boolean; // without a NAT gateway a task reaches nothing otherwise
  readonly capacity: readonly CapacityProviderStrategyItem[] | null; // null = Fargate on demand
}

/** The variable by which a runner is told its attempt; the rest it reads in the tables, since overrides are at most 8 KB. */
export const attemptVariable = 'LOLIGO_ATTEMPT';

/** ECS would not start a task, for a reason that another try alone does not mend. */
export class TaskRefusedError extends Error {
  override readonly name = 'TaskRefusedError';
  constructor(reasons: string, options?: ErrorOptions) {
    super(`ECS starts no task: ${reasons}`, options);
  }
}

/**
 * Runners as tasks of ECS; the name of a runner is the ARN of its task. One request a call. A launch that is repeated within a day, since its
 * answer was lost, gives the same task. What ECS lacks for the moment (capacity, room below a limit) is LauncherBusyError.
 */
export function ecsLauncher(options: EcsLauncherOptions): Launcher {
  const { client, cluster } = options;
  return {
    launch: async ({ attempt }) => runTask(options, attempt),
    async isAlive(runner) {
      const answer = await client.send(new DescribeTasksCommand({ cluster, tasks: [runner] }));
      const [task] = answer.tasks ?? [];
      // ECS forgets a task an hour after its end. One that has started, which is when we learn of it, is known there.
      if (task === undefined) return !(answer.failures ?? []).some(({ reason }) => reason === 'MISSING');
      return task.lastStatus !== 'STOPPED';
    },
    /** ECS sends SIGTERM, and SIGKILL when the container's stop timeout is over; nothing ends a task more quickly. */
    async stop(runner, { force }) {
      const reason = force ? 'loligo: its attempt is over' : 'loligo: asked to unwind';
      try {
        await client.send(new StopTaskCommand({ cluster, task: runner, reason }));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}

async function runTask(options: EcsLauncherOptions, attempt: AttemptRef): Promise<string> {
  const { run, jobId, fence } = attempt;
  const environment = [{ name: attemptVariable, value: JSON.stringify({ run, jobId, fence }) }];
  const command = new RunTaskCommand({
    cluster: options.cluster,
    taskDefinition: options.task,
    count: 1,
    clientToken: `loligo-${jobId}-${fence}`,
    startedBy: `loligo-job-${jobId}`,
    ...(options.capacity === null
      ? { launchType: 'FARGATE' as const }
      : { capacityProviderStrategy: [...options.capacity] }),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...options.subnets],
        securityGroups: [...options.securityGroups],
        assignPublicIp: options.publicIp ? 'ENABLED' : 'DISABLED',
      },
    },
    overrides: { containerOverrides: [{ name: options.container, environment }] },
  });
  const answer = await options.client.send(command).catch((error: unknown) => {
    if (!isBusy(error)) throw error;
    throw new LauncherBusyError(`ECS has no room for a task: ${error.message}`, { cause: error });
  });
  const arn = answer.tasks?.[0]?.taskArn;
  if (arn !== undefined) return arn;
  const failures = answer.failures ?? [];
  const reasons = failures.map(sentence).join('; ') || 'it gives no reason';
  if (failures.length > 0 && failures.every(({ reason }) => lacksRoom(reason ?? '')))
    throw new LauncherBusyError(`ECS has no room for a task: ${reasons}`);
  throw new TaskRefusedError(reasons);
}

function sentence({ reason, detail, arn }: Failure): string {
  return [reason ?? 'unknown', detail, arn && `(${arn})`].filter(Boolean).join(' ');
}

/** `RESOURCE:CPU`, `RESOURCE:ENI` and the like; and what Fargate says when it has no more machines, or we no more quota. */
function lacksRoom(reason: string): boolean {
  return /^RESOURCE:|^CAPACITY|capacity is unavailable|limit on the number of (tasks|vCPUs)/i.test(reason);
}

function isBusy(error: unknown): error is ECSServiceException {
  if (!(error instanceof ECSServiceException)) return false;
  const { name, message } = error;
  return name === 'ThrottlingException' || name === 'LimitExceededException' || lacksRoom(message);
}

function isGone(error: unknown): boolean {
  return error instanceof ECSServiceException && /task was not found/i.test(error.message);
}
