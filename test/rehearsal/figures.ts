import { grantedActions } from './ledger.ts';
import type { RehearsedLab } from './rehearsed-lab.ts';

/** How many actions roles may do and did, and which they never did, `ROLE action` each. */
export function permissionsOf(lab: RehearsedLab): {
  readonly line: string;
  readonly unused: readonly string[];
} {
  const granted = [...lab.roles.policies].flatMap(([role, policies]) =>
    grantedActions(policies).map((action) => ({ role, action })),
  );
  const named = (wanted: boolean) =>
    granted
      .filter(({ role, action }) => lab.ledger.used(role, action) === wanted)
      .map(({ role, action }) => `${role} ${action}`);
  const unused = named(false);
  const line = `permissions: ${granted.length} granted, ${named(true).length} used; never used: ${unused.join(', ')}`;
  return { line, unused };
}

/** What a rehearsal measured, a line each. Polls of queues without messages are left out of requests: they go with time and not with jobs. */
export function figures(
  lab: RehearsedLab,
  measured: { jobs: number; openMs: number; scenarioMs: number },
): string[] {
  const services: Record<string, number> = {};
  for (const [name, times] of Object.entries(lab.ledger.counts())) {
    const [service = ''] = name.split(':');
    if (name !== 'sqs:ReceiveMessage') services[service] = (services[service] ?? 0) + times;
  }
  const cold = [...lab.functions.values()]
    .filter(({ coldStarts }) => coldStarts.length > 0)
    .map(
      ({ name, coldStarts }) => `${name.replace(/Function.*/, '')} ${Math.round(Math.min(...coldStarts))} ms`,
    );
  const perJob = (counts: Readonly<Record<string, number>>, digits: number) =>
    Object.entries(counts)
      .filter(([name]) => name !== 'sqs:ReceiveMessage')
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${(times / measured.jobs).toFixed(digits)}`)
      .join(', ');
  const ofRunners = lab.ledger.counts((caller) => caller.startsWith('Runners'));
  return [
    `made and opened: ${Math.round(measured.openMs)} ms; scenario of ${measured.jobs} jobs: ${Math.round(measured.scenarioMs)} ms`,
    `process start to first answer, at best: ${cold.join(', ')}`,
    `requests a job: ${perJob(services, 0)}`,
    `requests a job, by what is asked: ${perJob(lab.ledger.counts(), 1)}`,
    `of these by its runner: ${perJob(ofRunners, 1)}`,
  ];
}
