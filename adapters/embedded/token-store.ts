import type { TokenRecord, TokenStore } from '../../core/ports/tokens.ts';
import type { Database } from './database.ts';

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly operator: number;
  readonly pool: string | null;
  readonly sha256: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly revoked_by: string | null;
}

/** The tokens of a lab on SQLite. One statement a call, two for `add`. */
export function sqliteTokenStore(database: Database): TokenStore {
  const row = (id: string) => database.get<TokenRow>('select * from tokens where id = ?', id);
  return {
    async add(token) {
      database.run(
        `insert into tokens (id, name, operator, pool, sha256, created_by, created_at, expires_at)
         values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing`,
        token.id,
        token.name,
        token.operator ? 1 : 0,
        token.pool,
        token.sha256,
        token.createdBy,
        token.now,
        token.expiresAt,
      );
      return row(token.id)?.sha256 === token.sha256 ? 'ok' : 'taken';
    },
    async get(id) {
      const found = row(id);
      return found === null ? null : toToken(found);
    },
    async list() {
      return database.all<TokenRow>('select * from tokens order by created_at desc, id').map(toToken);
    },
    async revoke(id, { by, now }) {
      const sql = 'update tokens set revoked_at = ?, revoked_by = ? where id = ? and revoked_at is null';
      return database.run(sql, now, by, id) === 1 ? 'ok' : 'stale';
    },
  };
}

function toToken(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    operator: row.operator === 1,
    pool: row.pool,
    sha256: row.sha256,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    revokedBy: row.revoked_by,
  };
}
