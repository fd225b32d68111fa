import type { Identities, Identity } from './identities.ts';
import { isFor, judge } from './policy.ts';
import type { PolicyDocument, Statement } from './policy.ts';
import type { Resource, Stack } from './stack.ts';

/** The roles of the template. */
export interface Roles {
  /** New credentials for a role, by its ARN. */
  assume(arn: string, session?: { readonly policies: readonly PolicyDocument[] | null }): Identity;
  /** Whether a role lets somebody take it. */
  trusts(arn: string, principal: string): boolean;
  /** What roles are allowed by their policies, by the role's id. */
  readonly policies: ReadonlyMap<string, readonly PolicyDocument[]>;
}

/** Reads all roles and the policies that the template attaches to them; one of AWS's own policies is an Error, since nobody has it here. */
export async function rolesOf(stack: Stack, identities: Identities): Promise<Roles> {
  const roles = await stack.all('AWS::IAM::Role');
  const attached = [
    ...(await stack.all('AWS::IAM::Policy')),
    ...(await stack.all('AWS::IAM::ManagedPolicy')),
  ];
  const policies = new Map(roles.map((role) => [role.id, documentsOf(role, attached)]));
  return {
    policies,
    trusts(arn, principal) {
      const role = roles.find((each) => each.attributes['Arn'] === arn);
      const trust = role?.properties['AssumeRolePolicyDocument'] as PolicyDocument | undefined;
      const statements = (trust?.Statement ?? []).filter((each) => isFor(each, { arn: principal }));
      return judge([{ Statement: statements }], { action: 'sts:AssumeRole', resource: arn }).allowed;
    },
    assume(arn, session) {
      const role = roles.find((each) => each.attributes['Arn'] === arn);
      if (role === undefined) throw new Error(`the template has no role ${arn}`);
      return identities.add({
        name: role.id,
        arn,
        policies: policies.get(role.id) ?? [],
        session: session?.policies ?? null,
      });
    },
  };
}

function documentsOf({ id, properties }: Resource, attached: readonly Resource[]): PolicyDocument[] {
  if (properties['ManagedPolicyArns'] !== undefined)
    throw new Error(`${id} has policies of AWS's own, which nobody has here: write down what they allow`);
  const inline = (properties['Policies'] ?? []) as { PolicyDocument: PolicyDocument }[];
  const others = attached.filter((policy) => ((policy.properties['Roles'] ?? []) as string[]).includes(id));
  return [...inline, ...others.map((policy) => policy.properties as { PolicyDocument: PolicyDocument })].map(
    ({ PolicyDocument }) => PolicyDocument,
  );
}

/** What the functions of the template say about who may call them, as one policy. */
export async function functionPolicy(stack: Stack): Promise<PolicyDocument> {
  const permissions = await stack.all('AWS::Lambda::Permission');
  const functions = await stack.all('AWS::Lambda::Function');
  const statements = permissions.map(({ properties }): Statement => {
    const { FunctionName, Action, Principal, SourceArn } = properties as Record<string, string>;
    const target = functions.find(({ ref, attributes }) => [ref, attributes['Arn']].includes(FunctionName));
    return {
      Effect: 'Allow',
      Action: Action ?? '',
      Resource: target?.attributes['Arn'] ?? '',
      Principal: { Service: Principal ?? '' },
      Condition: { ArnLike: { 'aws:SourceArn': SourceArn ?? '' } },
    };
  });
  return { Statement: statements };
}

/** What is left of policies for one service of AWS. */
export function forService(policies: readonly PolicyDocument[], service: string): PolicyDocument[] {
  return policies.map(({ Statement }) => ({
    Statement: Statement.filter((each) => isFor(each, { service })),
  }));
}
