import type { Node, NodeSpec } from '../../core/locks/node.ts';
import type { AttemptRef, Transition } from '../../core/ports/job-store.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { awsClients } from './clients.ts';
import { needed, readAwsEnvironment } from './environment.ts';
import type { AwsEnvironment } from './environment.ts';
import { jobCredentials } from './job-credentials.ts';
import { awsPorts } from './ports.ts';
import type { AwsPorts } from './ports.ts';
import { assignedAttempt, attemptOf, ownTask, sshKeyOf } from './runner-attempt.ts';
import { mergeParts } from './s3-merge.ts';

/** A lab on AWS as the task of one attempt sees it. */
export interface RunnerLab extends Pick<AwsPorts, 'jobs' | 'evidence' | 'holds' | 'archive'> {
  readonly attempt: AttemptRef;
  readonly attemptNumber: number;
  readonly nodes: Node[];
  readonly runner: string; // the ARN of this task
  readonly sshKey: string | null; // the lab's private key as text; null = it has none
  readonly archivePath: string; // how the archive's folder of the job is named
  readonly moved: (spec: NodeSpec) => Promise<Transition>;
  /**
   * Called when the attempt is over: wakes the dispatcher, for its nodes are free now, and makes whole objects of the job's files, to which
   * nothing more is appended. Never rejects; what it could not do is in the log.
   */
  readonly close: () => Promise<void>;
}

/** Opens the lab for the attempt that this task was started for; null when that is over. Throws AwsEnvironmentError. */
export async function openRunnerLab(
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Promise<RunnerLab | null> {
  const environment = readAwsEnvironment(env);
  const attempt = assignedAttempt(env);
  const clients = awsClients(environment, archiveCredentials(environment, attempt));
  const ports = awsPorts(environment, { log, clients });
  const assigned = await attemptOf(ports, attempt);
  if (assigned === null) return null;
  const { run, jobId } = assigned.attempt;
  const folder = `${run}/${jobId}`;
  const bucket = needed(environment, 'LOLIGO_ARCHIVE_BUCKET');
  const secret = environment.LOLIGO_SSH_KEY_SECRET;
  return {
    ...ports,
    ...assigned,
    runner: await ownTask(env),
    sshKey: secret === undefined ? null : await sshKeyOf(clients.secrets(), secret),
    archivePath: ports.archive.url(folder) ?? `s3://${bucket}/${folder}`,
    moved: (spec) => ports.nodes.moved(assigned.attempt, { spec, now: ports.clock.now() }),
    async close() {
      const attempt = async (what: string, act: () => Promise<unknown>) => {
        try {
          await act();
        } catch (error) {
          log.warn(`${what}: ${String(error)}`);
        }
      };
      const machineType = assigned.nodes[0]?.machineType ?? 'any';
      await attempt('the dispatcher is not woken', () => ports.wakeups.poke(machineType));
      const files = { client: clients.s3(), bucket, folder };
      await attempt('the files of the archive stay in parts', () => mergeParts(files));
    },
  };
}

/** Those that reach the folder of the attempt's job only; undefined where the lab has no role for that. */
function archiveCredentials(environment: AwsEnvironment, attempt: AttemptRef) {
  const role = environment.LOLIGO_ARCHIVE_ROLE;
  if (role === undefined) return undefined;
  const bucket = needed(environment, 'LOLIGO_ARCHIVE_BUCKET');
  return jobCredentials({ client: awsClients(environment).sts(), role, bucket, attempt });
}
