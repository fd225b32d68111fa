import { describe, expect, test } from 'vitest';
import { judgeIdentity } from './identities.ts';
import { PolicyError, judge, matches } from './policy.ts';
import type { Statement } from './policy.ts';

const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::archive/*',
  ...more,
});
const act = { action: 's3:GetObject', resource: 'arn:aws:s3:::archive/run/1/log' };
const allows = (statements: Statement[], asked = act) => judge([{ Statement: statements }], asked).allowed;

describe('judge', () => {
  test('refuses what no policy allows, and says what', () => {
    expect(judge([], act)).toMatchObject({
      allowed: false,
      reason: 's3:GetObject on arn:aws:s3:::archive/run/1/log: no policy allows it',
    });
    expect(allows([allow()])).toBe(true);
    expect(allows([allow({ Action: ['s3:PutObject', 's3:Get*'] })])).toBe(true);
    expect(allows([allow({ Action: 's3:PutObject' })])).toBe(false);
    expect(allows([allow({ Resource: 'arn:aws:s3:::archive' })])).toBe(false);
  });

  test('a denial wins, wherever it stands', () => {
    const deny = allow({ Effect: 'Deny', Action: 's3:*' });
    expect(allows([allow(), deny])).toBe(false);
    expect(allows([deny, allow()])).toBe(false);
  });

  test('a condition about what is not known does not hold', () => {
    const Condition = { StringEquals: { 'ecs:cluster': ['one', 'two'] } };
    expect(allows([allow({ Condition })])).toBe(false);
    expect(
      judge([{ Statement: [allow({ Condition })] }], { ...act, context: { 'ECS:Cluster': 'two' } }).allowed,
    ).toBe(true);
  });

  test('what it does not understand is an error and never an allowance', () => {
    expect(() => allows([allow({ Condition: { NumericLessThan: { 'aws:x': '1' } } })])).toThrow(PolicyError);
    expect(() => allows([{ ...allow(), NotAction: 's3:*' } as unknown as Statement])).toThrow('NotAction');
  });

  test('a session has what its role and its own policy both allow', () => {
    const identity = {
      name: 'role',
      arn: 'arn',
      accessKeyId: 'a',
      secretAccessKey: 'b',
      sessionToken: null,
      policies: [{ Statement: [allow()] }],
    };
    const session = [{ Statement: [allow({ Resource: 'arn:aws:s3:::archive/run/1/*', Action: 's3:*' })] }];
    const narrowed = { ...identity, session };
    expect(judgeIdentity(narrowed, act).allowed).toBe(true);
    expect(judgeIdentity(narrowed, { ...act, resource: 'arn:aws:s3:::archive/run/2/log' }).reason).toContain(
      'session',
    );
    expect(judgeIdentity(narrowed, { ...act, action: 's3:PutObject' }).allowed).toBe(false);
    expect(judgeIdentity({ ...identity, session: null }, act).allowed).toBe(true);
  });
});

test.each([
  ['arn:aws:s3:::a/*', 'arn:aws:s3:::a/b/c', true],
  ['arn:aws:s3:::a/?', 'arn:aws:s3:::a/bc', false],
  ['arn:aws:s3:::a.b', 'arn:aws:s3:::axb', false],
  ['*/', '/run/1/', true],
  ['arn:*:s3:::a/r${*}n/1/*', 'arn:aws:s3:::a/r*n/1/log', true],
  ['arn:*:s3:::a/r${*}n/1/*', 'arn:aws:s3:::a/run/1/log', false],
])('%s matches %s: %s', (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});
