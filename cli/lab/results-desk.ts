import { join } from 'node:path';
import type { Database } from '../../adapters/embedded/database.ts';
import { mailFolder } from '../../adapters/embedded/mail-folder.ts';
import { sqliteRunReports } from '../../adapters/embedded/run-reports.ts';
import { smtpNotifier } from '../../adapters/embedded/smtp-notifier.ts';
import type { ResultsDesk } from '../../api/results-desk.ts';
import type { MailSettings } from '../../core/config/site-settings.ts';
import type { Logger } from '../../core/ports/logger.ts';

/** The desk of an embedded lab: mails go to the SMTP server of the site, or become files in `mail/` of its folder. */
export function resultsDesk(params: {
  database: Database;
  folder: string;
  mail: MailSettings;
  log: Logger;
}): ResultsDesk {
  const { mail, log } = params;
  const { smtpUrl: url, from } = mail;
  const notifier =
    url === null ? mailFolder({ folder: join(params.folder, 'mail'), from }) : smtpNotifier({ url, from });
  return { reports: sqliteRunReports(params.database), notifier, mail, log };
}
