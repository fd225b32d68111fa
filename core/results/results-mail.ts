import { clockTime } from './clock-time.ts';
import type { ResultJob, ResultRun } from './result-job.ts';
import { wrapped } from './wrap.ts';

const doubleLine = '='.repeat(65);
const singleLine = '-'.repeat(65);

interface Section {
  readonly status: string;
  readonly title: string;
  readonly counted: string; // the word of the heading
  readonly shows: 'reason' | 'place' | 'time';
}

const sections: readonly Section[] = [
  { status: 'fail', title: 'Fail', counted: 'failed', shows: 'reason' },
  { status: 'dead', title: 'Dead', counted: 'dead', shows: 'reason' },
  { status: 'running', title: 'Running', counted: 'running', shows: 'place' },
  { status: 'waiting', title: 'Waiting', counted: 'waiting', shows: 'place' },
  { status: 'queued', title: 'Queued', counted: 'queued', shows: 'place' },
  { status: 'pass', title: 'Pass', counted: 'passed', shows: 'time' },
];

/** The mail about a run, in the layout that people's filters know. Jobs of an unknown status have a section of their own at the end. */
export function resultsMail(
  run: ResultRun,
  jobs: readonly ResultJob[],
): { readonly subject: string; readonly text: string } {
  const ordered = jobs.toSorted((a, b) => (String(a.jobId) < String(b.jobId) ? -1 : 1));
  const all = [...sections, ...unknownSections(jobs)];
  const of = (section: Section) => ordered.filter((job) => job.status === section.status);
  const head = [
    `Test Run: ${run.name}`,
    doubleLine,
    ...place('info', run.infoUrl, 9),
    ...place('logs', run.logUrl, 9),
    ...all.map((section) => `${`${section.counted}:`.padEnd(8)} ${of(section).length}`),
  ];
  const filled = all.filter((section) => of(section).length > 0);
  const body = filled.flatMap((section) => ['', '', ...sectionLines(section, of(section))]);
  const counts = filled.map((section) => `${of(section).length} ${section.status}`).join(', ');
  return {
    subject: `${counts === '' ? 'no jobs' : counts} in ${run.name}`,
    text: `${[...head, ...body].join('\n')}\n`,
  };
}

function unknownSections(jobs: readonly ResultJob[]): Section[] {
  const others = new Set(jobs.map((job) => job.status));
  for (const { status } of sections) others.delete(status);
  return [...others].sort().map((status) => ({
    status,
    title: `${status.slice(0, 1).toUpperCase()}${status.slice(1)}`,
    counted: status,
    shows: 'place',
  }));
}

function sectionLines(section: Section, jobs: readonly ResultJob[]): string[] {
  const blocks = jobs.map((job) => jobLines(section, job));
  return [
    section.title,
    doubleLine,
    ...blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block])),
  ];
}

function jobLines({ shows }: Section, job: ResultJob): string[] {
  const title = `[${job.jobId}]  ${job.description}`.trimEnd();
  const time = `time:   ${clockTime(job.durationSeconds ?? 0)}`;
  const info = place('info', job.infoUrl, 8);
  if (shows === 'place') return [title, ...info];
  if (shows === 'time') return [title, time, ...info];
  const reason = wrapped(job.failureReason ?? '', { width: 75, indent: '    ' });
  const log = place('log', job.logUrl, 8);
  return [title, singleLine, time, ...info, ...log, ...(reason.length === 0 ? [] : ['', ...reason])];
}

function place(word: string, url: string | null, width: number): string[] {
  return url === null ? [] : [`${`${word}:`.padEnd(width)}${url}`];
}
