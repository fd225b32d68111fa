import type { RunReports } from '../../core/ports/run-reports.ts';
import type { Database } from './database.ts';

/** The reports that are due, on SQLite. One statement a call. */
export function sqliteRunReports(database: Database): RunReports {
  return {
    async want({ run, email, mailBy }) {
      database.run(
        'insert into run_reports (run, email, mail_by) values (?, ?, ?) on conflict (run) do nothing',
        run,
        email,
        mailBy,
      );
    },
    async open() {
      return database
        .all<{ run: string; email: string | null; mail_by: number }>(
          'select run, email, mail_by from run_reports where closed = 0 order by rowid',
        )
        .map(({ mail_by: mailBy, ...report }) => ({ ...report, mailBy }));
    },
    async mark(run, what) {
      database.run('insert or ignore into run_report_marks (run, what) values (?, ?)', run, what);
    },
    async marks(run) {
      const rows = database.all<{ what: string }>('select what from run_report_marks where run = ?', run);
      return new Set(rows.map((row) => row.what));
    },
    async close(run) {
      database.run('update run_reports set closed = 1 where run = ?', run);
    },
  };
}
