import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { TokenRecord } from '../core/ports/tokens.ts';
import { awsAuthenticator, trustedAuthorization } from './caller.ts';

const user = 'arn:aws:iam::123456789012:user/people/alice';
const session = 'arn:aws:sts::123456789012:assumed-role/developers/bob';
const signed = (userArn: string) => ({ requestContext: { authorizer: { iam: { userArn } } } });
const secret = 'a-secret-of-more-than-20-characters';
const token = {
  name: 'worker-1',
  operator: false,
  pool: 'smithi',
  sha256: createHash('sha256').update(secret).digest('hex'),
  expiresAt: 2000,
  revokedAt: null,
} as TokenRecord;

function whoIs(event: unknown, header?: string, now = 1000) {
  const authenticate = awsAuthenticator({
    operators: ['arn:aws:iam::123456789012:user/people/*'],
    tokens: { get: async (id) => (id === 'abcdef123456' ? token : null) },
    clock: { now: () => now },
  });
  return authenticate(trustedAuthorization(event, header));
}

test('the caller is the identity that API Gateway checked', async () => {
  expect(await whoIs(signed(user))).toEqual({ name: 'alice@123456789012', operator: true, pool: null });
  expect(await whoIs(signed(session))).toEqual({ name: 'bob@developers', operator: false, pool: null });
});

test('nobody becomes somebody by a header', async () => {
  expect(await whoIs({}, `Loligo-Identity ${user}`)).toBeNull();
  expect(await whoIs(signed(session), `Loligo-Identity ${user}`)).toMatchObject({ name: 'bob@developers' });
});

test('a worker has a token, until it expires', async () => {
  const header = `Bearer abcdef123456.${secret}`;
  expect(await whoIs({}, header)).toEqual({ name: 'worker-1', operator: false, pool: 'smithi' });
  expect(await whoIs({}, header, 2000)).toBeNull();
  expect(await whoIs({}, `Bearer abcdef123456.${secret}x`)).toBeNull();
  expect(await whoIs({})).toBeNull();
});
