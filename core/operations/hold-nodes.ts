import { heldJob, holdLockId } from '../locks/held-job.ts';
import { NodeStateError } from '../locks/errors.ts';
import type { JobRef, Node } from '../locks/node.ts';
import type { Hold } from '../ports/holds.ts';
import type { JobRecord } from '../ports/job-store.ts';
import { isFinal } from '../results/job-state.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { JobNotFoundError, NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'holds' | 'jobs' | 'nodes'>;

/** The nodes of a job that stay with its owner, or will when it ends. */
export type HoldState =
  | { readonly kind: 'asked'; readonly hold: Hold; readonly owner: string; readonly nodes: readonly Node[] }
  | {
      readonly kind: 'held';
      readonly job: JobRef;
      readonly owner: string;
      readonly until: number | null; // epoch ms; null = until released
      readonly nodes: readonly Node[];
    };

interface Order extends JobRef {
  readonly actor: Actor;
}

/**
 * Keeps the nodes of a job for its owner: of one that is not over from its end on, whatever that is; of one whose nodes are held
 * already, from now on. A second call sets the time anew. For the owner of the run and for operators. Throws JobNotFoundError,
 * NotAllowedError, and NodeStateError when the nodes have been given back.
 */
export async function holdJob(
  ports: Ports,
  order: Order & { seconds: number; reason: string | null },
): Promise<HoldState> {
  const job = await jobOf(ports, order, 'hold');
  const { run, jobId } = job;
  const { seconds, reason, actor } = order;
  const now = ports.clock.now();
  const subject = `${run}/${jobId}`;
  const detail = `for ${seconds} s${reason === null ? '' : `: ${reason}`}`;
  if (!isFinal(job.status)) {
    const hold: Hold = { run, jobId, seconds, by: actor.name, reason, at: now };
    await ports.holds.ask(hold);
    await recordAct(ports, { actor, action: 'hold', subject, detail });
    const after = await jobOf(ports, order, 'hold');
    if (!isFinal(after.status))
      return { kind: 'asked', hold, owner: job.owner, nodes: await nodesNow(ports, after) };
    await ports.holds.withdraw(run, jobId);
  }
  // Also for a job that has ended at this moment: its runner may have seen the wish or not.
  const until = now + seconds * 1000;
  if ((await ports.nodes.renew(holdLockId(job), { leaseUntil: until, now })) === 'stale')
    throw givenBack(job);
  if (isFinal(job.status)) await recordAct(ports, { actor, action: 'hold', subject, detail });
  return { kind: 'held', job: { run, jobId }, owner: job.owner, until, nodes: await heldNodes(ports, job) };
}

/**
 * Gives up a hold: the wish for a job that is not over, or the nodes of one that is, which are cleaned. Throws JobNotFoundError,
 * NotAllowedError, and NodeStateError when nothing is held.
 */
export async function releaseHold(ports: Ports, order: Order): Promise<readonly Node[]> {
  const job = await jobOf(ports, order, 'release');
  const { run, jobId } = job;
  const asked = await ports.holds.of(run, jobId);
  await ports.holds.withdraw(run, jobId);
  const nodes = await heldNodes(ports, job);
  const released = await ports.nodes.release(holdLockId(job), { clean: false, now: ports.clock.now() });
  if (released === 'stale' && (asked === null || isFinal(job.status))) throw givenBack(job);
  const detail = nodes.map((node) => node.name).join(' ');
  await recordAct(ports, { actor: order.actor, action: 'release hold', subject: `${run}/${jobId}`, detail });
  return nodes;
}

/** Every hold of the lab: nodes that are held, and wishes for jobs that are not over. Wishes that were carried out are cleared away. */
export async function listHolds(ports: Pick<Ports, 'holds' | 'jobs' | 'nodes'>): Promise<HoldState[]> {
  const states: HoldState[] = [];
  const locked = await ports.nodes.list({ state: 'locked' });
  const held = Map.groupBy(locked, (node) => node.lock?.id ?? '');
  for (const [lockId, nodes] of held) {
    const job = heldJob(lockId);
    const lock = nodes[0]?.lock;
    if (job !== null && lock)
      states.push({ kind: 'held', job, owner: lock.owner, until: lock.leaseUntil, nodes });
  }
  for (const hold of await ports.holds.list()) {
    const job = await ports.jobs.getJob(hold.run, hold.jobId);
    if (job === null || isFinal(job.status)) await ports.holds.withdraw(hold.run, hold.jobId);
    else states.push({ kind: 'asked', hold, owner: job.owner, nodes: nodesAmong(locked, job) });
  }
  return states;
}

async function jobOf(ports: Ports, { run, jobId, actor }: Order, act: string): Promise<JobRecord> {
  const job = await ports.jobs.getJob(run, jobId);
  if (job === null) throw new JobNotFoundError(run, jobId);
  if (job.owner !== actor.name && !actor.operator)
    throw new NotAllowedError(
      actor.name,
      `${act} the nodes of job ${run}/${jobId}, which belongs to ${job.owner}`,
    );
  return job;
}

async function heldNodes(ports: Ports, job: JobRef): Promise<Node[]> {
  const lockId = holdLockId(job);
  return (await ports.nodes.list({ state: 'locked' })).filter((node) => node.lock?.id === lockId);
}

async function nodesNow(ports: Ports, job: JobRecord): Promise<Node[]> {
  return nodesAmong(await ports.nodes.list({ state: 'locked' }), job);
}

function nodesAmong(locked: readonly Node[], { run, jobId }: JobRef): Node[] {
  return locked.filter((node) => node.lock?.job?.run === run && node.lock.job.jobId === jobId);
}

function givenBack({ run, jobId, status }: JobRecord): NodeStateError {
  return new NodeStateError(
    `no nodes are held for job ${run}/${jobId}: it is ${status}, and they have been given back (hold a job before it ends, or give it unlock_on_failure: false)`,
  );
}
