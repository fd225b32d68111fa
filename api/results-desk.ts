import type { MailSettings } from '../core/config/site-settings.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { Notifier } from '../core/ports/notifier.ts';
import type { RunReports } from '../core/ports/run-reports.ts';
import type { SuiteRequest } from './ports.ts';

/** Where a lab notes who is to be told about a run, and through what they are. */
export interface ResultsDesk {
  readonly reports: RunReports;
  readonly notifier: Notifier;
  readonly mail: MailSettings;
  readonly log: Logger;
}

/** To be called after the jobs are queued: a submission that is cut short before is made again, and then comes here. */
export async function wantReport(
  desk: ResultsDesk | undefined,
  about: { run: string; email: string | null; timeout: number | null; now: number },
): Promise<void> {
  const { run, email, timeout, now } = about;
  await desk?.reports.want({
    run,
    email: email ?? desk.mail.to,
    mailBy: now + (timeout ?? desk.mail.timeoutSeconds) * 1000,
  });
}

/** Does something that may refuse a suite; see `mailRefusal`. The error is thrown on. */
export async function mailingRefusal<T>(
  desk: ResultsDesk | undefined,
  request: SuiteRequest,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await mailRefusal(desk, request, error);
    throw error;
  }
}

/** Tells whoever would get a suite's results why there are none. Trouble with that mail is only logged. */
export async function mailRefusal(
  desk: ResultsDesk | undefined,
  request: SuiteRequest,
  error: unknown,
): Promise<void> {
  const to = request.email ?? desk?.mail.to ?? null;
  if (desk === undefined || request.dryRun || to === null) return;
  const what = request.name ?? request.suite ?? `the rerun of ${request.rerun?.run ?? ''}`;
  const reason = error instanceof Error ? error.message : String(error);
  const text = `${what} was not scheduled:\n\n${reason}\n`;
  const mail = { id: `refused ${crypto.randomUUID()}`, to, subject: `Failed to schedule ${what}`, text };
  await desk.notifier.send(mail).catch((trouble: unknown) => {
    desk.log.warn(`the mail that ${what} was not scheduled could not be sent: ${String(trouble)}`);
  });
}
