import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../../core/results/job-state.ts';
import { NoEventsError, serverEvents } from './event-stream.ts';
import { LabRefusedError, LabUnreachableError, apiPath } from './lab-client.ts';
import type { JobView, LabClient } from './lab-client.ts';

const restartMs = 60_000;
const pollMs = 1000;

/** A file of a job's archive. */
export interface JobFile {
  readonly run: string;
  readonly jobId: number;
  readonly file: string;
}

/** What the lab is asked of a file. */
export function archivePathOf({ run, jobId, file }: JobFile): string {
  return `/archive/${[run, jobId, ...file.split('/')].map((part) => encodeURIComponent(part)).join('/')}`;
}

/**
 * A file of a job as it grows, until the job is over; no byte comes twice and none is left out when connections break. The log comes as the
 * lab's events, whole lines; another file, and the log of a lab without events, by asking for what is new.
 */
export async function* followLog(lab: LabClient, of: JobFile): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let offset = 0;
  if (of.file === 'teuthology.log') {
    const path = `${apiPath('runs', of.run, 'jobs', of.jobId, 'log')}?follow=1`;
    try {
      for await (const { event, id, data } of serverEvents(lab, path)) {
        if (event === 'message') yield encoder.encode(`${data}\n`);
        offset = id === null ? offset : Number(id);
      }
      return;
    } catch (error) {
      if (!(error instanceof NoEventsError)) throw error;
    }
  }
  yield* asked(lab, { of, offset });
}

/** Asks for the rest of the file again and again; once more after the job was seen to be over. */
async function* asked(lab: LabClient, from: { of: JobFile; offset: number }): AsyncGenerator<Uint8Array> {
  const { of } = from;
  let { offset } = from;
  let unreachableSince: number | null = null;
  for (;;) {
    try {
      const job = await lab.get<JobView>(apiPath('runs', of.run, 'jobs', of.jobId));
      unreachableSince = null;
      for await (const chunk of await restOf(lab, { of, offset })) {
        offset += chunk.length;
        yield chunk;
      }
      if (isFinal(job.status)) return;
    } catch (error) {
      if (error instanceof LabRefusedError) throw error;
      unreachableSince ??= Date.now();
      if (error instanceof LabUnreachableError && Date.now() - unreachableSince > restartMs) throw error;
    }
    await sleep(pollMs);
  }
}

async function restOf(
  lab: LabClient,
  { of, offset }: { of: JobFile; offset: number },
): Promise<AsyncIterable<Uint8Array> | readonly Uint8Array[]> {
  try {
    return await lab.stream(archivePathOf(of), { headers: { range: `bytes=${offset}-` } });
  } catch (error) {
    // Not there yet, or nothing new.
    if (error instanceof LabRefusedError && (error.status === 404 || error.status === 416)) return [];
    throw error;
  }
}
