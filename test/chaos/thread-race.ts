import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';
import { keepJournal, judgeJournal } from './journal.ts';

export interface RaceReport {
  readonly operations: number;
  readonly jobs: number;
  readonly breaches: readonly string[];
}

/** What each thread is told. */
export interface RacerData {
  readonly file: string;
  readonly seed: string;
  readonly racer: number;
  readonly racers: number;
  readonly operations: number;
  readonly run: string;
}

/** What each thread says at its end. */
export interface RacerResult {
  readonly operations: number;
  readonly breaches: readonly string[];
}

/**
 * Several threads with a connection each work on one lab at the same moment, as dispatchers, runners, sweepers, cleaners and people
 * in one. What they draw is seeded, how they interleave is not. The database keeps a journal by itself, in the order of its
 * commits, and that is judged.
 */
export async function raceThreads(params: {
  seed: string;
  racers: number;
  operations: number;
}): Promise<RaceReport> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-race-'));
  const file = join(folder, 'lab.db');
  const database = openDatabase(file);
  try {
    keepJournal(database);
    const jobs = sqliteJobStore(database);
    const names = Array.from({ length: 6 }, (_, i) => nodeSpec(`n${i}`));
    await sqliteNodeStore(database).register(names, 1);
    await jobs.createRun(newRun('race'));
    const wanted = Math.ceil(params.operations / 12);
    const keys = Array.from({ length: wanted }, (_, i) => newJob(`${i}`, { nodeCount: i % 4 }));
    await jobs.enqueue({ run: 'race', jobs: keys, now: 2 });
    const results = await Promise.all(
      Array.from({ length: params.racers }, (_, racer) =>
        inThread({
          ...params,
          file,
          racer,
          run: 'race',
          operations: Math.ceil(params.operations / params.racers),
        }),
      ),
    );
    return {
      operations: results.reduce((sum, result) => sum + result.operations, 0),
      jobs: wanted,
      breaches: [...results.flatMap((result) => result.breaches), ...judgeJournal(database)],
    };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function inThread(workerData: RacerData): Promise<RacerResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./race-worker.ts', import.meta.url), { workerData });
    worker.once('message', (result: RacerResult) => resolve(result));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a racer ended with exit status ${code} and no result`)));
  });
}
