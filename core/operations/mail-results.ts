import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';
import { resultsMail } from '../results/results-mail.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { runResults } from './run-results.ts';
import type { ResultsPorts } from './run-results.ts';

/** The next station of the mail did not take it. */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError';
}

/**
 * Sends the mail about a run, as it is now, to an address that somebody gave. As long as nothing of the run changes a second call sends the
 * same mail, under the same id. Throws RunNotFoundError and MailRefusedError.
 */
export async function mailResults(
  ports: ResultsPorts & { readonly notifier: Notifier; readonly audit: AuditLog; readonly clock: Clock },
  order: { readonly run: string; readonly to: string; readonly actor: Actor },
): Promise<{ readonly subject: string }> {
  const { run: name, to, actor } = order;
  const { record, run, jobs } = await runResults(ports, name);
  const { subject, text } = resultsMail(run, jobs);
  try {
    await ports.notifier.send({ id: `asked ${name} ${record.updatedAt} ${to}`, to, subject, text });
  } catch (cause) {
    const trouble = cause instanceof Error ? cause.message : String(cause);
    throw new MailRefusedError(`the mail to '${to}' was not accepted: ${trouble}`, { cause });
  }
  await recordAct(ports, { actor, action: 'mail', subject: name, detail: `results to ${to}` });
  return { subject };
}
