import type { Assembly } from '../fixtures/assembly.ts';
import { hostFunction } from './function-host.ts';
import type { FunctionHost } from './function-host.ts';
import { credentialVariables, judgeIdentity } from './identities.ts';
import type { Identity } from './identities.ts';
import type { Ledger } from './ledger.ts';
import { arnOf, region } from './place.ts';
import type { Roles } from './roles.ts';
import type { Resource, Stack } from './stack.ts';

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Handler: string;
  readonly Timeout: number;
  readonly MemorySize: number;
  readonly Role: string;
  readonly ReservedConcurrentExecutions?: number;
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
  readonly LoggingConfig: { readonly LogGroup: string };
}

/** Every function of the template with its bundle, role, limits and variables; by the id of the resource. */
export async function hostFunctions(params: {
  assembly: Assembly;
  stack: Stack;
  roles: Roles;
  ledger: Ledger;
  gateway: string;
}): Promise<Map<string, FunctionHost>> {
  const functions = await params.stack.all('AWS::Lambda::Function');
  return new Map(functions.map((each) => [each.id, host(each, params)]));
}

function host(resource: Resource, { assembly, roles, ledger, gateway }: Parameters<typeof hostFunctions>[0]) {
  const properties = resource.properties as FunctionProperties;
  const identity = roles.assume(properties.Role);
  mayLog(identity, properties.LoggingConfig.LogGroup, ledger);
  const folder = assembly.assetOf(properties.Code.S3Key);
  return hostFunction({
    name: resource.id,
    arn: resource.attributes['Arn'] ?? '',
    folder,
    handler: properties.Handler,
    timeoutSeconds: properties.Timeout,
    memoryMb: properties.MemorySize,
    most: properties.ReservedConcurrentExecutions ?? null,
    environment: {
      ...properties.Environment?.Variables,
      ...credentialVariables(identity),
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      _HANDLER: properties.Handler,
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_FUNCTION_NAME: resource.id,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
      AWS_REGION: region,
      AWS_ENDPOINT_URL: gateway,
    },
  });
}

/** Lambda writes the log of a function as its role. */
export function mayLog(identity: Identity, group: string, ledger: Ledger): void {
  for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
    const act = { action, resource: arnOf('logs', `log-group:${group}:log-stream:stream`) };
    ledger.judged(identity.name, act, judgeIdentity(identity, act));
  }
}
