/** A statement of a policy document, its references resolved. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[]; // none in a trust policy
  readonly Principal?: Readonly<Record<string, string | readonly string[]>> | string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** One act that a call needs to be allowed. */
export interface Act {
  readonly action: string; // service:Action
  readonly resource: string; // its ARN
  readonly context?: Readonly<Record<string, string>>; // what conditions ask about; names as AWS writes them
}

export interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
  readonly by: Statement | null; // the statement that decided
}

/** A policy says something that is not judged here. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

const known = new Set(['Effect', 'Action', 'Resource', 'Principal', 'Condition', 'Sid']);

/**
 * Whether policies allow an act, as IAM decides: a denial that matches wins, else an allowance that matches, else it is refused. What
 * this does not know, such as an operator of conditions, is a PolicyError: nothing is allowed by not being understood.
 */
export function judge(documents: readonly PolicyDocument[], act: Act): Verdict {
  const statements = documents
    .flatMap((document) => document.Statement)
    .filter((each) => concerns(each, act));
  const denied = statements.find(({ Effect }) => Effect === 'Deny');
  if (denied !== undefined)
    return { allowed: false, reason: `${sentence(act)}: denied by a policy`, by: denied };
  const allowed = statements.find(({ Effect }) => Effect === 'Allow');
  if (allowed !== undefined) return { allowed: true, reason: '', by: allowed };
  return { allowed: false, reason: `${sentence(act)}: no policy allows it`, by: null };
}

function sentence({ action, resource }: Act): string {
  return `${action} on ${resource}`;
}

function concerns(statement: Statement, act: Act): boolean {
  const odd = Object.keys(statement).find((key) => !known.has(key));
  if (odd !== undefined) throw new PolicyError(`a policy says ${odd}, which is not judged here`);
  return (
    listed(statement.Action).some((pattern) => matches(pattern.toLowerCase(), act.action.toLowerCase())) &&
    listed(statement.Resource ?? '*').some((pattern) => matches(pattern, act.resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, asked]) =>
      Object.entries(asked).every(([key, wanted]) => holds(operator, wanted, contextOf(act, key))),
    )
  );
}

function contextOf({ context = {} }: Act, key: string): string | undefined {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found?.[1];
}

const operators: Readonly<Record<string, (wanted: string, given: string) => boolean>> = {
  StringEquals: (wanted, given) => wanted === given,
  StringLike: matches,
  ArnEquals: matches, // IAM takes wildcards in both
  ArnLike: matches,
  Bool: (wanted, given) => wanted.toLowerCase() === given.toLowerCase(),
};

/** A key that the request does not have makes the condition false. */
function holds(operator: string, wanted: unknown, given: string | undefined): boolean {
  const compare = operators[operator];
  if (compare === undefined) throw new PolicyError(`the condition ${operator} is not judged here`);
  return given !== undefined && listed(wanted as string).some((each) => compare(String(each), given));
}

/** Whether a principal is one that a resource's own policy speaks of. */
export function isFor(
  statement: Statement,
  principal: { readonly service?: string; readonly arn?: string },
): boolean {
  const { Principal } = statement;
  if (Principal === undefined) return false;
  if (Principal === '*') return true;
  if (typeof Principal === 'string') return false;
  const services = listed(Principal['Service'] ?? []);
  const arns = listed(Principal['AWS'] ?? []);
  return (
    (principal.service !== undefined && services.includes(principal.service)) ||
    arns.some((each) => each === '*' || each === principal.arn)
  );
}

function listed(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** `*` is any text, `?` any letter; `${*}`, `${?}` and `${$}` are those letters themselves. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.match(/\$\{[*?$]\}|[\s\S]/g) ?? [];
  const expression = parts.map((part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return (part.length > 1 ? part.charAt(2) : part).replace(/[.+*?^${}()|[\]\\]/, '\\$&');
  });
  return new RegExp(`^${expression.join('')}$`, 's').test(text);
}
