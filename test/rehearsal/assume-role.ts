import { failure } from './gateway.ts';
import type { AllowedCall, Answer } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { PolicyDocument } from './policy.ts';
import type { Roles } from './roles.ts';

/** STS: credentials of a role for whoever it trusts, narrowed by the policy of the session where one is given. */
export async function assumeRole(
  { service, operation, input, caller }: AllowedCall,
  { roles, ledger }: { roles: Roles; ledger: Ledger },
): Promise<Answer | null> {
  if (service !== 'sts' || operation !== 'AssumeRole') return null;
  const role = String(input['RoleArn']);
  if (!roles.trusts(role, caller.arn)) {
    ledger.trouble(`${role} does not trust ${caller.arn}`);
    return failure('sts', {
      status: 403,
      code: 'AccessDenied',
      message: `${role} does not trust ${caller.arn}`,
    });
  }
  const policy = input['Policy'];
  const session = typeof policy === 'string' ? [JSON.parse(policy) as PolicyDocument] : null;
  const { accessKeyId, secretAccessKey, sessionToken } = roles.assume(role, { policies: session });
  const until = new Date(Date.now() + Number(input['DurationSeconds'] ?? 3600) * 1000).toISOString();
  const body = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>${until}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
}
