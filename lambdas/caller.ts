import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Caller } from '../api/ports.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { TokenStore } from '../core/ports/tokens.ts';

const signed = z.object({
  requestContext: z.object({
    authorizer: z.object({ iam: z.object({ userArn: z.string().min(1) }) }),
  }),
});

/** Prefix of the Authorization header that says who signed. Only this code writes one, in the place of whatever came. */
const identified = 'Loligo-Identity ';

/**
 * The Authorization header that the app shall see: the identity that API Gateway checked, or a bearer token. Whatever else a caller
 * sends there is dropped, so that nobody can say who they are.
 */
export function trustedAuthorization(event: unknown, given: string | undefined): string | null {
  const found = signed.safeParse(event);
  if (found.success) return `${identified}${found.data.requestContext.authorizer.iam.userArn}`;
  return given !== undefined && /^Bearer\s/i.test(given) ? given : null;
}

/** Who is behind a header made by `trustedAuthorization`: an IAM identity, or the holder of a token that the lab gave out. */
export function awsAuthenticator(params: {
  readonly operators: readonly string[]; // ARNs, `*` for any text
  readonly tokens: Pick<TokenStore, 'get'>;
  readonly clock: Clock;
}): (authorization: string | null) => Promise<Caller | null> {
  return async (authorization) => {
    if (authorization === null) return null;
    if (authorization.startsWith(identified)) {
      const arn = authorization.slice(identified.length);
      return {
        name: nameOf(arn),
        operator: params.operators.some((pattern) => matches(pattern, arn)),
        pool: null,
      };
    }
    const [, id = '', secret = ''] =
      /^Bearer\s+([a-z0-9]{8,32})\.([\w-]{20,200})$/i.exec(authorization) ?? [];
    const known = id === '' ? null : await params.tokens.get(id);
    if (known === null) return null;
    const digest = createHash('sha256').update(secret).digest();
    if (!timingSafeEqual(digest, Buffer.from(known.sha256, 'hex'))) return null;
    const over = known.expiresAt !== null && known.expiresAt <= params.clock.now();
    if (over || known.revokedAt !== null) return null;
    return { name: known.name, operator: known.operator, pool: known.pool };
  };
}

/** `login@account` of a user, `session@role` of somebody who assumed a role: what is after the last `/`, and where it is from. */
function nameOf(arn: string): string {
  const [, , , , account = '', ...rest] = arn.split(':');
  const path = rest.join(':').split('/');
  const login = path.at(-1) ?? arn;
  return path[0] === 'assumed-role' && path[1] !== undefined ? `${login}@${path[1]}` : `${login}@${account}`;
}

function matches(pattern: string, arn: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`).test(arn);
}
