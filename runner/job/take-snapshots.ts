import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import type { Node } from '../../core/locks/node.ts';
import { SnapshotGoneError } from '../../core/ports/snapshots.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';
import { withoutSnapshots } from '../engine/snapshot.ts';
import type { Install, SnapshotOrder, SnapshotOutcome, TakeSnapshot } from '../engine/snapshot.ts';
import type { Remote } from '../remote/remote.ts';
import type { SwitchableRemote } from '../remote/switchable-remote.ts';

/** A host whose provider keeps snapshots. */
export interface SnapshotHost {
  readonly node: Node;
  readonly fence: number;
  readonly snapshots: Snapshots;
  readonly switchTo: SwitchableRemote['switchTo'];
}

interface Member extends SnapshotHost {
  readonly remote: Remote;
}

/** Hosts that are to have the same system. */
interface Group {
  readonly key: string;
  readonly members: readonly [Member, ...Member[]];
}

type Task = Parameters<TakeSnapshot>[0];

/** What a snapshot is changes with this number: then no older one is used any more. */
const schema = 1;
const pollMs = 250;

/**
 * Snapshots by the providers of the hosts. Hosts that start from the same system form a group: of each group one host installs, unless a
 * snapshot is there or another job is making it, and the others get the result. Jobs that wait end with their own signal.
 */
export function takeSnapshots(hostOf: (remote: Remote) => SnapshotHost | null): TakeSnapshot {
  const systems = new Map<string, string | null>(); // of hosts that this job has changed; null = nobody can say what they are
  return async (task, order, install) => {
    const remotes = order.remotes ?? task.remotes;
    const known = remotes.every((remote) => systems.get(remote.hostname) !== null);
    const members = remotes.flatMap((remote) => {
      const host = hostOf(remote);
      return host === null ? [] : [{ ...host, remote }];
    });
    if (order.key === null || !known || members.length < remotes.length || remotes.length === 0) {
      for (const remote of remotes) systems.set(remote.hostname, null);
      await undoGuesses(members);
      return await withoutSnapshots(task, order, install);
    }
    const groups = await groupsOf(members, { order, systems });
    const outcomes = await Promise.all(
      groups.map(async (group) => {
        const outcome = await bring(task, { group, order, install });
        // Whoever made it runs on without a switch, and is what those are who were switched to it.
        for (const { remote } of group.members) systems.set(remote.hostname, `snapshot ${group.key}`);
        return outcome;
      }),
    );
    return outcomes.find((outcome) => outcome !== 'reused') ?? 'reused';
  };
}

async function groupsOf(
  members: readonly Member[],
  { order, systems }: { order: SnapshotOrder; systems: ReadonlyMap<string, string | null> },
): Promise<Group[]> {
  const keyed = await Promise.all(
    members.map(async (member) => {
      const changed = systems.get(member.remote.hostname);
      const system = changed ?? (await member.snapshots.systemOf(member.node));
      return { member, key: keyOf({ schema, system, name: order.name, key: order.key }) };
    }),
  );
  return [...Map.groupBy(keyed, ({ key }) => key)].map(([key, group]) => ({
    key,
    members: group.map(({ member }) => member) as [Member, ...Member[]],
  }));
}

async function bring(
  task: Task,
  params: { group: Group; order: SnapshotOrder; install: Install },
): Promise<SnapshotOutcome> {
  const { group, order, install } = params;
  const { key, members } = group;
  const [maker, ...others] = members;
  const from = { node: maker.node, fence: maker.fence, key };
  let waited = false;
  for (let misses = 0; ;) {
    task.signal.throwIfAborted();
    const turn = await maker.snapshots.claim(from);
    if (turn === 'taken') {
      if (!waited) task.log.info(`another host is installing ${order.name}: waiting for its snapshot`);
      waited = true;
      await sleep(pollMs, undefined, { signal: task.signal });
    } else if (turn === 'there') {
      task.log.info(`reusing existing image ${order.name} (${key.slice(0, 24)}) on ${namesOf(members)}`);
      const found = await tryImage(members, { order, key });
      if (found === 'right') return 'reused';
      if (found === 'gone') {
        task.log.info(`the image of ${order.name} was taken away before its use`);
      } else {
        task.log.warn(`the image of ${order.name} does not hold what it should: it is thrown away`);
        await maker.snapshots.discard(from);
      }
      if ((misses += 1) > 1)
        throw new Error(`two images of ${order.name} in turn do not hold what they should`);
    } else {
      await undoGuesses(members);
      await make(task, { ...params, maker });
      return (await keep(task, { ...params, maker })) ? await giveOn() : await installed();
    }
  }

  async function giveOn(): Promise<SnapshotOutcome> {
    await switchAll(others, key);
    if (!(await verified(order, others)))
      throw new Error(`the new image of ${order.name} does not hold what it should`);
    return 'made';
  }
  async function installed(): Promise<SnapshotOutcome> {
    if (others.length > 0) await install(others.map(({ remote }) => remote));
    return 'made';
  }
}

async function make(
  task: Task,
  params: { group: Group; order: SnapshotOrder; install: Install; maker: Member },
): Promise<void> {
  const { group, order, install, maker } = params;
  task.log.info(`installing ${order.name} on ${maker.remote.shortname}, for an image`);
  try {
    await install([maker.remote]);
    if (!(await verified(order, [maker])))
      throw new Error(`${maker.remote.shortname} does not have ${order.name} after it was installed`);
  } catch (error) {
    const { node, fence } = maker;
    await maker.snapshots.giveUp({ node, fence, key: group.key }).catch((trouble: unknown) => {
      task.log.warn(`the right to make the image of ${order.name} could not be given up: ${String(trouble)}`);
    });
    throw error;
  }
}

/** An image that cannot be kept costs time, not the job. */
async function keep(
  task: Task,
  params: { group: Group; order: SnapshotOrder; maker: Member },
): Promise<boolean> {
  const { group, order, maker } = params;
  const { node, fence } = maker;
  const place = { node, fence, key: group.key };
  const started = performance.now();
  try {
    await maker.snapshots.keep({ ...place, about: order.name });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    task.log.info(`made image ${order.name} (${group.key.slice(0, 24)}) in ${seconds} s`);
    return true;
  } catch (error) {
    task.log.warn(
      `no image of ${order.name} is kept: ${error instanceof Error ? error.message : String(error)}`,
    );
    await maker.snapshots.giveUp(place).catch(() => undefined);
    return false;
  }
}

/** `gone`: the hosts are what they were. */
async function tryImage(
  members: readonly Member[],
  { order, key }: { order: SnapshotOrder; key: string },
): Promise<'right' | 'wrong' | 'gone'> {
  await switchAll(members, key);
  try {
    return (await verified(order, members)) ? 'right' : 'wrong';
  } catch (error) {
    if (!(error instanceof SnapshotGoneError)) throw error;
    await Promise.all(members.map(({ switchTo }) => switchTo(async () => ({}))));
    return 'gone';
  }
}

async function switchAll(members: readonly Member[], key: string): Promise<void> {
  await Promise.all(
    members.map(async ({ node, fence, snapshots, switchTo }) => {
      const use = () => snapshots.use({ node, fence, key });
      if (snapshots.guesses?.of(node) === key) await use();
      else await switchTo(use);
    }),
  );
}

/** Hosts that were made with a snapshot which is not what they are to have become what their job asked for. */
async function undoGuesses(members: readonly Member[]): Promise<void> {
  await Promise.all(
    members.map(async ({ node, fence, snapshots: { guesses }, switchTo }) => {
      if (guesses && guesses.of(node) !== null) await switchTo(() => guesses.undo({ node, fence }));
    }),
  );
}

async function verified(order: SnapshotOrder, members: readonly Member[]): Promise<boolean> {
  const { verify } = order;
  if (verify === undefined) return true;
  const answers = await Promise.allSettled(members.map(({ remote }) => verify(remote)));
  const failure = answers.find((answer) => answer.status === 'rejected');
  if (failure) throw failure.reason;
  return answers.every((answer) => answer.status === 'fulfilled' && answer.value);
}

function namesOf(members: readonly Member[]): string {
  return members.map(({ remote }) => remote.shortname).join(', ');
}

function keyOf(parts: PlainValue): string {
  return createHash('sha256')
    .update(JSON.stringify(parts, (_name, value: PlainValue) => sorted(value)))
    .digest('hex');
}

/** Maps that say the same in another order are the same. */
function sorted(value: PlainValue): PlainValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
