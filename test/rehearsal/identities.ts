import { randomBytes } from 'node:crypto';
import { judge } from './policy.ts';
import type { Act, PolicyDocument, Verdict } from './policy.ts';
import type { Credential } from './signature.ts';

/** Who makes calls: a role of the template, or somebody outside of it. */
export interface Identity extends Credential {
  readonly name: string; // the id of the role in the template
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
  readonly session: readonly PolicyDocument[] | null; // null = no policy of the session narrows it
}

export interface Identities {
  /** New credentials for somebody. */
  add(given: Omit<Identity, keyof Credential> & Partial<Credential>): Identity;
  find(accessKeyId: string): Identity | null;
}

export function createIdentities(): Identities {
  const known = new Map<string, Identity>();
  return {
    add(given) {
      const identity = {
        accessKeyId: `ASIA${randomBytes(10).toString('hex').slice(0, 16).toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(24).toString('base64'),
        ...given,
      };
      known.set(identity.accessKeyId, identity);
      return identity;
    },
    find: (accessKeyId) => known.get(accessKeyId) ?? null,
  };
}

/** A policy of the session takes away from what the role may do, and never adds. */
export function judgeIdentity({ policies, session }: Identity, act: Act): Verdict {
  const verdict = judge(policies, act);
  if (!verdict.allowed || session === null) return verdict;
  const narrowed = judge(session, act);
  return narrowed.allowed ? verdict : { ...narrowed, reason: `${narrowed.reason} of the session` };
}

/** What an SDK is told of its credentials by the environment of a function. */
export function credentialVariables(identity: Credential): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    ...(identity.sessionToken !== null && { AWS_SESSION_TOKEN: identity.sessionToken }),
  };
}
