import type { FetchedFile, JobCounters } from './fetch-counters.ts';
import { noteOf } from './notes.ts';
import type { Notes } from './notes.ts';

/** A file, and where below a folder lcov is to find it. */
export interface PlacedFile {
  readonly from: string;
  readonly to: string;
}

/** The counters of a job that can be read, each with its notes. */
export interface PairedJob {
  readonly job: string;
  readonly files: readonly PlacedFile[];
}

/** A counters file without notes of its build. */
export interface Missed {
  readonly job: string;
  readonly path: string;
  readonly why: 'none' | 'of another build';
}

/** Puts counters and notes together; jobs of which nothing can be read are left out. */
export async function pairAll(
  jobs: readonly JobCounters[],
  notes: Notes,
): Promise<{ jobs: PairedJob[]; missed: Missed[] }> {
  const missed: Missed[] = [];
  const paired: PairedJob[] = [];
  for (const { job, counters } of jobs) {
    const files: PlacedFile[] = [];
    for (const counter of counters) {
      const note = await noteOf(counter, notes);
      if (note.kind === 'found') files.push(...sideBySide(counter, note.file));
      else missed.push({ job, path: counter.path, why: note.kind });
    }
    if (files.length > 0) paired.push({ job, files });
  }
  return { jobs: paired, missed };
}

function sideBySide(counter: FetchedFile, note: string): PlacedFile[] {
  const { path } = counter;
  return [
    { from: counter.copy, to: path },
    { from: note, to: path.replace(/\.gcda$/, '.gcno') },
  ];
}
