import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assembly } from '../fixtures/assembly.ts';
import { mayLog } from './functions.ts';
import { judgeIdentity } from './identities.ts';
import type { Ledger } from './ledger.ts';
import { arnOf } from './place.ts';
import type { Roles } from './roles.ts';
import type { Resource, Stack } from './stack.ts';
import type { Program, TaskDefinition } from './tasks.ts';

interface TaskProperties {
  readonly TaskRoleArn: string;
  readonly ExecutionRoleArn: string;
  readonly ContainerDefinitions: readonly {
    readonly Name: string;
    readonly Image: string;
    readonly Command?: readonly string[];
    readonly StopTimeout?: number;
    readonly Environment?: readonly { readonly Name: string; readonly Value: string }[];
    readonly LogConfiguration: { readonly Options: Readonly<Record<string, string>> };
  }[];
}

export interface TaskDefinitions {
  byArn(arn: string): TaskDefinition | undefined;
  /** ARNs of the roles that whoever runs the task passes on. */
  roles(arn: string): readonly string[];
}

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** The task definitions of the template; what their execution roles may do is judged once for each start. */
export async function taskDefinitions(params: {
  assembly: Assembly;
  stack: Stack;
  roles: Roles;
  ledger: Ledger;
}): Promise<TaskDefinitions> {
  const resources = await params.stack.all('AWS::ECS::TaskDefinition');
  const definitions = new Map(resources.map((each) => [each.ref, definitionOf(each, params)]));
  const roles = new Map(
    resources.map(({ ref, properties }) => {
      const { TaskRoleArn, ExecutionRoleArn } = properties as TaskProperties;
      return [ref, [TaskRoleArn, ExecutionRoleArn]];
    }),
  );
  return { byArn: (arn) => definitions.get(arn), roles: (arn) => roles.get(arn) ?? [] };
}

function definitionOf(
  { ref, properties }: Resource,
  { assembly, roles, ledger }: Parameters<typeof taskDefinitions>[0],
): TaskDefinition {
  const { TaskRoleArn, ExecutionRoleArn, ContainerDefinitions } = properties as TaskProperties;
  const [container, ...others] = ContainerDefinitions;
  if (container === undefined || others.length > 0) throw new Error(`${ref} has not just one container`);
  return {
    arn: ref,
    container: container.Name,
    program: programOf(assembly.imageOf(container.Image), container.Command ?? []),
    environment: Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, Value])),
    stopSeconds: container.StopTimeout ?? 30,
    credentials() {
      const puller = roles.assume(ExecutionRoleArn);
      mayLog(puller, container.LogConfiguration.Options['awslogs-group'] ?? '', ledger);
      for (const act of pullActs(container.Image))
        ledger.judged(puller.name, act, judgeIdentity(puller, act));
      return roles.assume(TaskRoleArn);
    },
  };
}

/** What ECS does as the execution role before the container starts. */
function pullActs(image: string) {
  const [, repository = ''] = /\/([^:]+):/.exec(image) ?? [];
  const resource = arnOf('ecr', `repository/${repository}`);
  return [
    { action: 'ecr:GetAuthorizationToken', resource: '*' },
    ...['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'].map((action) => ({
      action: `ecr:${action}`,
      resource,
    })),
  ];
}

/**
 * What the image would run, from the files that the image would be made of. Its modules are those of this checkout, its system and its
 * user those of this machine.
 */
function programOf(image: string, command: readonly string[]): Program {
  const text = readFileSync(join(image, 'runner', 'Dockerfile'), 'utf8');
  const [, place = ''] = /^WORKDIR (\S+)$/m.exec(text) ?? [];
  const [, entry = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(text) ?? [];
  if (!existsSync(join(image, 'node_modules'))) symlinkSync(modules, join(image, 'node_modules'));
  const argv = (JSON.parse(entry) as string[]).map((word) => word.replace(place, image));
  return { argv: [...argv, ...command], folder: image };
}
