import type { LabPorts } from '../../core/operations/lab-ports.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import type { LabCounts } from '../../core/ports/lab-counts.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Notifier } from '../../core/ports/notifier.ts';
import type { RunEvents } from '../../core/ports/run-events.ts';
import type { RunReports } from '../../core/ports/run-reports.ts';
import type { Submissions } from '../../core/ports/submissions.ts';
import type { TokenStore } from '../../core/ports/tokens.ts';
import type { Workers } from '../../core/ports/workers.ts';
import { dynamoAuditLog } from './audit-log.ts';
import { awsClients } from './clients.ts';
import type { AwsClients } from './clients.ts';
import { ecsLauncher } from './ecs-launcher.ts';
import { needed } from './environment.ts';
import type { AwsEnvironment } from './environment.ts';
import { dynamoHolds } from './holds.ts';
import { dynamoJobDurations } from './job-durations.ts';
import { dynamoJobStore } from './job-store.ts';
import { lazy } from './lazy.ts';
import { dynamoNodeEvidence } from './node-evidence.ts';
import { dynamoNodeStore } from './node-store.ts';
import { sesNotifier, snsNotifier } from './notifier.ts';
import { dynamoLabCounts } from './lab-counts.ts';
import { dynamoPauses } from './pauses.ts';
import { dynamoRunEvents } from './run-events.ts';
import { dynamoRunReports } from './run-reports.ts';
import { s3Archive } from './s3-archive.ts';
import { sqsWakeups } from './sqs-wakeups.ts';
import { dynamoSubmissions } from './submissions.ts';
import { openTables } from './table.ts';
import type { Tables } from './table.ts';
import { dynamoTokenStore } from './token-store.ts';
import { workQueues } from './work-queues.ts';

/** All that adapters/aws gives a lab; what is left are the providers, and who is behind a request. */
export interface AwsPorts extends Omit<LabPorts, 'providers'> {
  readonly tokens: TokenStore;
  readonly events: RunEvents;
  readonly counts: LabCounts;
  readonly submissions: Submissions;
  readonly workers: Workers;
  readonly durations: JobDurations;
  readonly reports: RunReports;
  readonly notifier: Notifier;
}

interface Surroundings {
  readonly log: Logger;
  readonly clients?: AwsClients; // default: those of the surroundings
}

/**
 * The ports of a lab on AWS, for a dispatcher, a sweeper or a reporter. Nothing is opened before it is used: what a process does not
 * use needs no variable, and one that is missing is an AwsEnvironmentError at the first use of its port.
 */
export function awsLabPorts(
  environment: AwsEnvironment,
  { providers, ...surroundings }: Surroundings & Pick<LabPorts, 'providers'>,
): LabPorts & AwsPorts {
  return { ...awsPorts(environment, surroundings), providers };
}

/** The ports of a lab on AWS without its providers: what an API or a runner stands on; opened like those of `awsLabPorts`. */
export function awsPorts(
  environment: AwsEnvironment,
  { log, clients = awsClients(environment) }: Surroundings,
): AwsPorts {
  const tables = lazy(() => tablesOf(environment, clients));
  const wakeups = lazy(() =>
    sqsWakeups({ client: clients.sqs(), queueUrl: needed(environment, 'LOLIGO_WAKEUPS_QUEUE_URL') }),
  );
  const work = lazy(() =>
    workQueues({
      tables,
      client: clients.sqs(),
      queueUrls: new Map(Object.entries(environment.LOLIGO_WORK_QUEUE_URLS ?? {})),
      others: lazy(() => ecsOf(environment, clients)),
      onWaiting: (machineType) => wakeups.poke(machineType),
    }),
  );
  return {
    jobs: dynamoJobStore(tables),
    nodes: dynamoNodeStore(tables),
    pauses: dynamoPauses(tables),
    evidence: dynamoNodeEvidence(tables),
    holds: dynamoHolds(tables),
    archive: lazy(() => archiveOf(environment, clients)),
    audit: dynamoAuditLog(tables),
    clock: { now: () => Date.now() },
    launcher: lazy(() => work.launcher),
    log,
    wakeups,
    tokens: dynamoTokenStore(tables),
    events: dynamoRunEvents(tables),
    counts: dynamoLabCounts(tables),
    submissions: dynamoSubmissions(tables),
    workers: lazy(() => work.workers),
    durations: dynamoJobDurations(tables),
    reports: dynamoRunReports(tables),
    notifier: lazy(() => notifierOf(environment, clients)),
  };
}

/** The notifier of a lab: mails through SES where there is a sender, else messages to a topic of SNS. */
function notifierOf(environment: AwsEnvironment, clients: AwsClients): Notifier {
  const from = environment.LOLIGO_NOTIFY_FROM;
  if (from !== undefined) return sesNotifier({ client: clients.ses(), from });
  return snsNotifier({ client: clients.sns(), topic: needed(environment, 'LOLIGO_NOTIFY_TOPIC') });
}

function tablesOf(environment: AwsEnvironment, clients: AwsClients): Tables {
  return openTables({
    client: clients.dynamo(),
    nodes: needed(environment, 'LOLIGO_NODES_TABLE'),
    results: needed(environment, 'LOLIGO_RESULTS_TABLE'),
  });
}

function ecsOf(environment: AwsEnvironment, clients: AwsClients): LabPorts['launcher'] {
  return ecsLauncher({
    client: clients.ecs(),
    cluster: needed(environment, 'LOLIGO_CLUSTER'),
    task: needed(environment, 'LOLIGO_RUNNER_TASK'),
    container: environment.LOLIGO_RUNNER_CONTAINER ?? 'runner',
    subnets: needed(environment, 'LOLIGO_RUNNER_SUBNETS'),
    securityGroups: needed(environment, 'LOLIGO_RUNNER_SECURITY_GROUPS'),
    publicIp: environment.LOLIGO_RUNNER_PUBLIC_IP ?? true,
    capacity: environment.LOLIGO_RUNNER_CAPACITY ?? null,
  });
}

function archiveOf(environment: AwsEnvironment, clients: AwsClients): LabPorts['archive'] {
  return s3Archive({
    client: clients.s3(),
    bucket: needed(environment, 'LOLIGO_ARCHIVE_BUCKET'),
    baseUrl: environment.LOLIGO_ARCHIVE_URL ?? null,
  });
}
