import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { RunTaskCommandInput, RunTaskCommandOutput } from '@aws-sdk/client-ecs';
import { json } from './gateway.ts';
import type { AllowedCall, Answer, Pass } from './gateway.ts';
import { account, region } from './place.ts';
import type { Identity } from './identities.ts';

/** The program of a container: what its image says. */
export interface Program {
  readonly argv: readonly string[];
  readonly folder: string;
}

/** A definition of a task, as far as a process can be what it says. */
export interface TaskDefinition {
  readonly arn: string;
  readonly container: string;
  readonly program: Program;
  readonly environment: Readonly<Record<string, string>>;
  readonly stopSeconds: number; // between SIGTERM and SIGKILL
  /** New credentials of the role of the task. */
  credentials(): Identity;
}

export interface RunningTask {
  readonly arn: string;
  readonly pid: number;
  readonly output: () => string;
  readonly ended: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
}

export interface Tasks extends AsyncDisposable {
  /** Answers the calls of ECS: starts are asked of the emulator first, whose checks count; what is alive is known here. */
  answer(call: AllowedCall, pass: Pass): Promise<Answer | null>;
  /** What the metadata and credentials endpoints of a task say. */
  local(path: string): unknown;
  readonly all: readonly RunningTask[];
}

interface Task extends RunningTask {
  readonly child: ChildProcess;
  readonly identity: Identity;
  readonly definition: TaskDefinition;
  readonly cluster: string;
  readonly overrides: RunTaskCommandInput['overrides'];
  stoppedReason: string;
  stopped: boolean;
}

const soon = () => new Date(Date.now() + 6 * 3_600_000).toISOString();

/** Tasks of ECS as processes of this machine. `tell` gets each change of state as EventBridge has it. */
export function createTasks(options: {
  readonly gateway: () => string;
  readonly definitionOf: (arn: string) => TaskDefinition;
  readonly scratch: string; // folder that is the home of the processes
  readonly tell: (event: object) => void;
}): Tasks {
  const tasks = new Map<string, Task>();
  const byToken = new Map<string, Answer>();

  const start = (arn: string, input: RunTaskCommandInput): Task => {
    const definition = options.definitionOf(input.taskDefinition ?? '');
    const override = input.overrides?.containerOverrides?.find(({ name }) => name === definition.container);
    const identity = definition.credentials();
    const id = arn.split('/').at(-1) ?? '';
    const [program = '', ...args] = definition.program.argv;
    const child = spawn(program, [...args, ...(override?.command ?? [])], {
      cwd: definition.program.folder,
      env: {
        PATH: process.env['PATH'],
        HOME: options.scratch,
        TMPDIR: options.scratch,
        AWS_REGION: region,
        AWS_ENDPOINT_URL: options.gateway(),
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${options.gateway()}/credentials/${id}`,
        ECS_CONTAINER_METADATA_URI_V4: `${options.gateway()}/metadata/${id}`,
        ...definition.environment,
        ...Object.fromEntries(
          (override?.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
        ),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const task: Task = {
      arn,
      child,
      identity,
      definition,
      cluster: input.cluster ?? '',
      overrides: input.overrides,
      pid: child.pid ?? 0,
      output: () => output,
      ended: once(child, 'exit'),
      kill: (signal) => void child.kill(signal),
      stoppedReason: 'Essential container in task exited',
      stopped: false,
    };
    tasks.set(id, task);
    options.tell(stateChange(task, 'RUNNING'));
    void task.ended.then(() => {
      task.stopped = true;
      options.tell(stateChange(task, 'STOPPED'));
    });
    return task;
  };

  const operations: Record<string, (call: AllowedCall, pass: Pass) => Promise<Answer>> = {
    async RunTask({ input }, pass) {
      const asked = input as unknown as RunTaskCommandInput;
      const known = byToken.get(asked.clientToken ?? '');
      if (known !== undefined) return known;
      // The emulator knows no capacity providers, and would look for instances.
      const { capacityProviderStrategy, ...rest } = asked;
      const fargate = capacityProviderStrategy?.every(({ capacityProvider }) =>
        capacityProvider?.startsWith('FARGATE'),
      );
      const answer = await pass(fargate === true ? { ...rest, launchType: 'FARGATE' } : asked);
      if (answer.status !== 200) return answer;
      const { tasks: made = [] } = JSON.parse(answer.body.toString()) as RunTaskCommandOutput;
      for (const { taskArn = '' } of made) start(taskArn, asked);
      if (asked.clientToken !== undefined) byToken.set(asked.clientToken, answer);
      return answer;
    },
    async DescribeTasks({ input }) {
      const arns = input['tasks'] as string[];
      const found = arns.map((arn) => ({ arn, task: tasks.get(arn.split('/').at(-1) ?? '') }));
      return json(200, {
        tasks: found.flatMap(({ task }) => (task === undefined ? [] : [shown(task)])),
        failures: found
          .filter(({ task }) => task === undefined)
          .map(({ arn }) => ({ arn, reason: 'MISSING' })),
      });
    },
    async StopTask({ input }) {
      const task = tasks.get(String(input['task']).split('/').at(-1) ?? '');
      if (task === undefined)
        return json(400, {
          __type: 'InvalidParameterException',
          message: 'The referenced task was not found.',
        });
      task.stoppedReason = String(input['reason'] ?? 'Task stopped by user');
      task.child.kill('SIGTERM');
      const timer = setTimeout(() => task.child.kill('SIGKILL'), task.definition.stopSeconds * 1000);
      void task.ended.then(() => clearTimeout(timer));
      return json(200, { task: shown(task) });
    },
  };

  return {
    async answer(call, pass) {
      if (call.service !== 'ecs') return null;
      return (await operations[call.operation]?.(call, pass)) ?? null;
    },
    local(path) {
      const [, kind, id = '', rest] = path.split('/');
      const task = tasks.get(id);
      if (task === undefined) return undefined;
      if (kind === 'metadata' && rest === 'task') return { TaskARN: task.arn, Cluster: task.cluster };
      if (kind !== 'credentials') return undefined;
      const { accessKeyId, secretAccessKey, sessionToken } = task.identity;
      return {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
        Expiration: soon(),
      };
    },
    get all() {
      return [...tasks.values()];
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of tasks.values()) child.kill('SIGKILL');
      await Promise.all([...tasks.values()].map(({ ended }) => ended));
    },
  };
}

function shown(task: Task) {
  const lastStatus = task.stopped ? 'STOPPED' : 'RUNNING';
  return { taskArn: task.arn, clusterArn: task.cluster, lastStatus, stoppedReason: task.stoppedReason };
}

/** After the example of the event in AWS's documentation of ECS. */
function stateChange(task: Task, lastStatus: 'RUNNING' | 'STOPPED'): object {
  const stopped = lastStatus === 'STOPPED';
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'ECS Task State Change',
    source: 'aws.ecs',
    account,
    time: new Date().toISOString(),
    region,
    resources: [task.arn],
    detail: {
      clusterArn: task.cluster,
      containers: [
        {
          lastStatus,
          name: task.definition.container,
          taskArn: task.arn,
          ...(stopped && { exitCode: task.child.exitCode ?? 137 }),
        },
      ],
      desiredStatus: lastStatus,
      lastStatus,
      launchType: 'FARGATE',
      overrides: task.overrides,
      taskArn: task.arn,
      taskDefinitionArn: task.definition.arn,
      version: stopped ? 5 : 3,
      ...(stopped && { stopCode: 'EssentialContainerExited', stoppedReason: task.stoppedReason }),
    },
  };
}
