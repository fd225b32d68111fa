import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assembly } from '../fixtures/assembly.ts';
import { assumeRole } from './assume-role.ts';
import { openDistribution } from './distribution.ts';
import { startEmulators } from './emulators.ts';
import type { Emulators } from './emulators.ts';
import { createEvents } from './events.ts';
import type { Events, Target } from './events.ts';
import type { FunctionHost } from './function-host.ts';
import { hostFunctions } from './functions.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { startHttpFront } from './http-front.ts';
import { createIdentities } from './identities.ts';
import type { Identity } from './identities.ts';
import { createLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { makersOf } from './makers.ts';
import { account, arnOf, region } from './place.ts';
import type { PolicyDocument } from './policy.ts';
import { functionPolicy, rolesOf } from './roles.ts';
import type { Roles } from './roles.ts';
import { routesOf } from './routes.ts';
import { openStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { taskDefinitions } from './task-definitions.ts';
import { createTasks } from './tasks.ts';
import type { Tasks } from './tasks.ts';
import { mappingsOf, serveQueues } from './queue-triggers.ts';

/** A lab made from the template, on what stands in for AWS. */
export interface RehearsedLab extends AsyncDisposable {
  readonly url: string; // of the API
  readonly stack: Stack;
  readonly emulators: Emulators;
  readonly gateway: Gateway;
  readonly ledger: Ledger;
  readonly roles: Roles;
  readonly functions: ReadonlyMap<string, FunctionHost>; // by the id of the resource
  readonly events: Events;
  readonly tasks: Tasks;
  /** Every message that the lab has sent to a queue of its own, in order. */
  readonly sent: readonly { readonly queueUrl: string; readonly body: string }[];
  /** Somebody who has the managed policy of the lab. */
  user(login: string): Identity;
  /** A URL of the archive as its readers see it. */
  read(url: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** Makes everything that the template declares, and sets its triggers going. `sshKey` is what a person puts into the secret. */
export async function openRehearsedLab(params: {
  assembly: Assembly;
  sshKey: string;
}): Promise<RehearsedLab> {
  const { assembly } = params;
  await using opening = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  opening.defer(async () => await rm(scratch, { recursive: true, force: true }));
  const emulators = opening.use(await startEmulators());
  const identities = createIdentities();
  const ledger = createLedger();
  const front = opening.use(await startHttpFront());
  const archiveHost = 'archive.cloudfront.test';

  // Filled below: they are asked only when the first call comes, and that is after the stack is made.
  const later: { definitions?: Awaited<ReturnType<typeof taskDefinitions>>; events?: Events } = {};
  const tasks: Tasks = opening.use(
    createTasks({
      gateway: () => gateway.url,
      definitionOf: (arn) => later.definitions?.byArn(arn) ?? missing(`task definition ${arn}`),
      scratch,
      tell: (event) => later.events?.tell(event),
    }),
  );
  const gateway: Gateway = opening.use(
    await startGateway({
      identities,
      ledger,
      endpointOf: emulators.endpointOf,
      rolesOf: (definition) => later.definitions?.roles(definition) ?? [],
      local: tasks.local,
    }),
  );
  gateway.answerWith(tasks.answer);
  const sent: { queueUrl: string; body: string }[] = [];
  gateway.answerWith(async ({ service, operation, input }) => {
    if (service === 'sqs' && operation === 'SendMessage')
      sent.push({ queueUrl: String(input['QueueUrl']), body: String(input['MessageBody']) });
    return null;
  });

  const stack = openStack({
    template: assembly.template,
    makers: makersOf(emulators, { gateway: gateway.url, api: front.url, archiveHost }),
    pseudo: {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': 'loligo-lab',
    },
    zones: ['a', 'b', 'c'].map((zone) => `${region}${zone}`),
  });
  for (const id of Object.keys(assembly.template.Resources)) await stack.resource(id);
  const roles = await rolesOf(stack, identities);
  gateway.answerWith(async (call) => await assumeRole(call, { roles, ledger }));
  later.definitions = await taskDefinitions({ assembly, stack, roles, ledger });
  const { ref: secret } = await stack.one('AWS::SecretsManager::Secret', 'SshKey');
  await emulators.secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: params.sshKey }));

  const hosts = await hostFunctions({ assembly, stack, roles, ledger, gateway: gateway.url });
  const functions = new Map([...hosts].map(([id, host]) => [id, opening.use(host)]));
  const callers = await functionPolicy(stack);
  const events = createEvents({
    rules: await stack.all('AWS::Events::Rule'),
    targetOf: await targets(stack, functions, callers),
    emulators,
    ledger,
  });
  later.events = events;
  const api = await stack.one('AWS::ApiGatewayV2::Api', 'Http');
  front.serve(await routesOf(stack, functions, callers), { id: api.ref, identities, ledger });
  opening.use(
    serveQueues(await mappingsOf({ stack, functions, roles, gateway: gateway.url }), { emulators, ledger }),
  );

  const bucket = await stack.one('AWS::S3::Bucket', 'Archive');
  const policies = await stack.all('AWS::S3::BucketPolicy');
  const archive = openDistribution({
    distribution: await stack.one('AWS::CloudFront::Distribution', 'Archive'),
    bucket: bucket.ref,
    bucketPolicies: policies.map(({ properties }) => properties['PolicyDocument'] as PolicyDocument),
    apiUrl: front.url,
    emulators,
    ledger,
  });
  const users = await stack.one('AWS::IAM::ManagedPolicy', 'HttpUsers');
  const opened = opening.move();
  return {
    url: front.url,
    stack,
    emulators,
    gateway,
    ledger,
    roles,
    functions,
    events,
    tasks,
    sent,
    user: (login) =>
      identities.add({
        name: `user ${login}`,
        arn: arnOf('iam', `user/${login}`, { region: '' }),
        policies: [users.properties['PolicyDocument'] as PolicyDocument],
        session: null,
        sessionToken: null,
      }),
    async read(url) {
      const { host, pathname } = new URL(url);
      if (host !== archiveHost) throw new Error(`${url} is no URL of the archive`);
      return await archive(pathname);
    },
    [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
  };
}

function missing(what: string): never {
  throw new Error(`there is no ${what}`);
}

async function targets(
  stack: Stack,
  functions: ReadonlyMap<string, FunctionHost>,
  callers: PolicyDocument,
): Promise<(arn: string) => Target> {
  const queues = await stack.all('AWS::SQS::Queue');
  const policies = await stack.all('AWS::SQS::QueuePolicy');
  return (arn) => {
    const host = [...functions.values()].find((each) => each.arn === arn);
    if (host !== undefined) return { arn, policies: [callers], at: { function: host } };
    const queue = queues.find(({ attributes }) => attributes['Arn'] === arn) ?? missing(`target ${arn}`);
    const ofQueue = policies.filter(({ properties }) =>
      (properties['Queues'] as string[]).includes(queue.ref),
    );
    return {
      arn,
      policies: ofQueue.map(({ properties }) => properties['PolicyDocument'] as PolicyDocument),
      at: { queue: queue.attributes['QueueName'] ?? '' },
    };
  };
}
