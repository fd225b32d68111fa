import type { Template } from '../fixtures/assembly.ts';

/** Variables of functions and tasks that the template may set, and where the rehearsal stands on them. */
export const variables: Readonly<Record<string, string>> = {
  AWS_NODEJS_CONNECTION_REUSE_ENABLED: 'set by the CDK; version 3 of the SDK keeps connections anyway',
  LOLIGO_API_URL: 'in the mail about a run',
  LOLIGO_ARCHIVE_BUCKET: 'every log of a job',
  LOLIGO_ARCHIVE_ROLE: 'every file that a runner writes',
  LOLIGO_ARCHIVE_URL: 'the URLs at which the scenario reads logs',
  LOLIGO_CLUSTER: 'every start of a runner',
  LOLIGO_MAX_RUNNERS: 'read by the dispatcher; its limit is not reached',
  LOLIGO_NODES_TABLE: 'the inventory',
  LOLIGO_NOTIFY_TOPIC: 'the mail about a run',
  LOLIGO_OPERATORS: 'who enters nodes',
  LOLIGO_RESULTS_TABLE: 'every job',
  LOLIGO_RUNNER_CAPACITY: 'every start of a runner',
  LOLIGO_RUNNER_CONTAINER: 'every start of a runner: overrides of another container would not reach it',
  LOLIGO_RUNNER_PUBLIC_IP: 'every start of a runner; packets are not routed here',
  LOLIGO_RUNNER_SECURITY_GROUPS: 'every start of a runner',
  LOLIGO_RUNNER_SUBNETS: 'every start of a runner',
  LOLIGO_RUNNER_TASK: 'every start of a runner',
  LOLIGO_SSH_KEY_SECRET: 'every connection to a node',
  LOLIGO_SUBMISSIONS_QUEUE_URL: 'the submission of a suite',
  LOLIGO_WAKEUPS_QUEUE_URL: 'every job behind another one',
};

/** Triggers that no scenario sets off, by the beginning of their ids, and why. */
export const untriggered: Readonly<Record<string, string>> = {
  HttpApiDELETE: 'the API has no route that is deleted by a user of the scenarios',
  HttpApiGETv1workers:
    'workers are tried against the stores (test/contract/work-queues.test.ts); the template has none by default',
  HttpApiHEAD: 'the same function by the same integration as GET',
  HttpApiPATCH: 'the API changes nothing by PATCH yet',
  HttpApiPOSTv1workers: 'as GET of workers',
  HttpApiPUTv1workers: 'as GET of workers',
  HttpApiGET1: 'the first page, which the API redirects',
};

const triggerTypes = new Set([
  'AWS::ApiGatewayV2::Route',
  'AWS::Events::Rule',
  'AWS::Lambda::EventSourceMapping',
]);

/** Ids of all that sets something off. */
export function triggersOf(template: Template): string[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => triggerTypes.has(Type))
    .map(([id]) => id);
}

/** Names of all variables that functions and containers get. */
export function variablesOf(template: Template): string[] {
  const resources = Object.values(template.Resources);
  const ofFunctions = resources.flatMap(({ Type, Properties = {} }) =>
    Type === 'AWS::Lambda::Function'
      ? Object.keys((Properties['Environment'] as { Variables: object } | undefined)?.Variables ?? {})
      : [],
  );
  const ofTasks = resources.flatMap(({ Type, Properties = {} }) =>
    Type === 'AWS::ECS::TaskDefinition'
      ? (Properties['ContainerDefinitions'] as { Environment?: { Name: string }[] }[]).flatMap(
          ({ Environment = [] }) => Environment.map(({ Name }) => Name),
        )
      : [],
  );
  return [...new Set([...ofFunctions, ...ofTasks])].sort();
}
