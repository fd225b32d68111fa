import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { migrations } from './migrations.ts';

/**
 * One connection to the lab's SQLite file. The lab and every runner have one each, at the same time; what they write is
 * safe because each transition is one immediate transaction. Calls are synchronous and take tens of microseconds.
 */
export interface Database {
  /** Rows of a query. Statements are prepared once per connection and SQL text. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  /** The first row, or null. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | null;
  /** Executes a statement and returns the number of rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /**
   * Runs the body with the write lock held from the start, so that what it reads cannot change before it writes. An
   * exception undoes everything. Inside another transaction it joins that one.
   */
  transaction<T>(body: () => T): T;
  close(): void;
}

/** The file was written by a newer version of this program. */
export class DatabaseTooNewError extends Error {
  override readonly name = 'DatabaseTooNewError';
  constructor(file: string, version: number) {
    super(`${file} has schema ${version}, this program knows ${migrations.length}: use the newer program`);
  }
}

/** How long a connection waits for another process's transaction; they take about a millisecond. */
const busyTimeoutMs = 10_000;

/**
 * Opens the file, makes it when it does not exist, and brings its schema up to date. Safe when several processes do so at
 * once. Write-ahead logging with `synchronous=normal`: a commit survives the death of the process, the last ones may
 * be lost (but never torn) when the whole machine loses power.
 */
export function openDatabase(file: string): Database {
  const connection = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    enableWal(connection);
    connection.exec('pragma synchronous = normal; pragma foreign_keys = on;');
    const database = wrap(connection);
    migrate(connection, database, file);
    return database;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function wrap(connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) =>
      (statement(sql).get(...values) as Row | undefined) ?? null,
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    transaction: (body) => inTransaction(connection, body),
    close: () => connection.close(),
  };
}

function inTransaction<T>(connection: DatabaseSync, body: () => T): T {
  if (connection.isTransaction) return body();
  connection.exec('begin immediate');
  try {
    const result = body();
    connection.exec('commit');
    return result;
  } catch (error) {
    // SQLite has already rolled back on its own after errors such as a full disk.
    if (connection.isTransaction) connection.exec('rollback');
    throw error;
  }
}

function migrate(connection: DatabaseSync, database: Database, file: string): void {
  const version = () => database.get<{ user_version: number }>('pragma user_version')?.user_version ?? 0;
  if (version() === migrations.length) return;
  database.transaction(() => {
    const from = version();
    if (from > migrations.length) throw new DatabaseTooNewError(file, from);
    for (const step of migrations.slice(from)) connection.exec(step);
    connection.exec(`pragma user_version = ${migrations.length}`);
  });
}

/**
 * The switch to write-ahead logging needs the file for itself and does not wait as other statements do, so that processes
 * which open a new file at the same moment would fail.
 */
function enableWal(connection: DatabaseSync): void {
  const deadline = Date.now() + busyTimeoutMs;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      connection.exec('pragma journal_mode = wal');
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, 10);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
