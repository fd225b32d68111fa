import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../adapters/embedded/database.ts';
import type { Database } from '../../adapters/embedded/database.ts';
import { attemptLockId } from '../../adapters/embedded/node-grants.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import { specOf } from '../../core/locks/node.ts';
import type { Node } from '../../core/locks/node.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import type { StoreClient } from './race.ts';

/**
 * Stores that are broken on purpose, to show that the contract would see it: `claim`, `moved` and `setHostKey` read, think and then write, each step
 * right by itself, but not as one. They think until another client has done what makes their write wrong, and what others do waits until they
 * have read, so that each breach happens every time.
 */
export async function connect(file: string): Promise<StoreClient> {
  const database = openDatabase(file);
  const jobs = sqliteJobStore(database);
  const nodes = sqliteNodeStore(database);
  const { readBy, untilRead } = meetingPlace(database);
  const untilChanged = async (node: Node) => {
    const text = JSON.stringify(specOf(node));
    await until(async () => JSON.stringify(specOf((await nodes.get(node.name)) ?? node)) !== text);
  };
  const claim: JobStore['claim'] = async (params) => {
    const job = await jobs.getJob(params.run, params.jobId);
    const wanted = await Promise.all(params.nodes.map((name) => nodes.get(name)));
    if (job?.status !== 'queued') return { kind: 'refused', reason: 'not queued' };
    const found = wanted.filter((node) => node?.state === 'free').flatMap((node) => node ?? []);
    if (found.length !== params.nodes.length) return { kind: 'refused', reason: 'not free' };
    readBy(`claim ${params.nodes.join()}`);
    await untilRead(`claim ${params.nodes.join()}`, 2);
    const fence = Math.max(job.fence ?? 0, ...found.map((node) => node.fence)) + 1;
    const attempt = { run: params.run, jobId: params.jobId, fence };
    for (const name of params.nodes) {
      database.run(
        `update nodes set state = 'locked', lock_id = ?, lock_owner = 'x', fence = max(fence, ?) where name = ?`,
        attemptLockId(attempt),
        fence,
        name,
      );
    }
    database.run(
      `update jobs set status = 'waiting', fence = ?, lease_until = 1 where job_id = ?`,
      fence,
      params.jobId,
    );
    database.run('update runs set queued = queued - 1, waiting = waiting + 1 where name = ?', params.run);
    return { kind: 'claimed', attempt, attemptNumber: 1, nodes: found };
  };
  const moved: NodeStore['moved'] = async (attempt, { spec, now }) => {
    const node = await nodes.get(spec.name);
    if (node?.lock?.id !== attemptLockId(attempt)) return 'stale';
    readBy(attemptLockId(attempt));
    await untilChanged(node);
    await nodes.register([spec], now);
    return 'ok';
  };
  const finish: JobStore['finish'] = async (attempt, outcome) => {
    await untilRead(attemptLockId(attempt));
    return await jobs.finish(attempt, outcome);
  };
  const setHostKey: NodeStore['setHostKey'] = async ({ name, hostKey, now }) => {
    const node = await nodes.get(name);
    if (node === null || node.state === 'cleaning') return null;
    readBy(`key ${name}`);
    await untilChanged(node);
    await nodes.register([{ ...specOf(node), hostKey }], now);
    return { node: { ...node, hostKey }, was: node.hostKey };
  };
  const mark: NodeStore['mark'] = async (params) => {
    await untilRead(`key ${params.name}`);
    return await nodes.mark(params);
  };
  const close = () => database.close();
  return { jobs: { ...jobs, claim, finish }, nodes: { ...nodes, moved, setHostKey, mark }, close };
}

/** Where clients of one file tell each other what they have read. */
function meetingPlace(database: Database) {
  database.run('create table if not exists test_reads (what text not null)');
  const readers = (what: string) =>
    database.get<{ readers: number }>('select count(*) as readers from test_reads where what = ?', what)
      ?.readers ?? 0;
  return {
    readBy: (what: string) => void database.run('insert into test_reads (what) values (?)', what),
    untilRead: async (what: string, count = 1) => await until(async () => readers(what) >= count),
  };
}

/** The test's own timeout is the limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
