import { grantedActions } from './ledger.ts';
import type { RehearsedLab } from './rehearsed-lab.ts';

/** How many actions roles may do and did, and which they never did, `ROLE action` each. */
export function permissionLine(lab: RehearsedLab): string {
  const granted = [...lab.roles.policies].flatMap(([role, policies]) =>
    grantedActions(policies).map((action) => ({ role, action })),
  );
  const named = (wanted: boolean) =>
    granted
      .filter(({ role, action }) => lab.ledger.used(role, action) === wanted)
      .map(({ role, action }) => `${role} ${action}`);
  const unused = named(false);
  return `permissions: ${granted.length} granted, ${named(true).length} used; never used: ${unused.join(', ')}`;
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
  const perJob = Object.entries(services).map(
    ([service, times]) => `${service} ${Math.round(times / measured.jobs)}`,
  );
  return [
    `made and opened: ${Math.round(measured.openMs)} ms; scenario of ${measured.jobs} jobs: ${Math.round(measured.scenarioMs)} ms`,
    `process start to first answer, at best: ${cold.join(', ')}`,
    `requests a job: ${perJob.join(', ')}`,
  ];
}
