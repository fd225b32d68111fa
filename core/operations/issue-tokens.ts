import type { NewToken, TokenRecord, TokenStore } from '../ports/tokens.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

type Ports = Pick<LabPorts, 'audit' | 'clock'> & { readonly tokens: TokenStore };

/** No token has this id. */
export class TokenNotFoundError extends Error {
  override readonly name = 'TokenNotFoundError';
  constructor(id: string) {
    super(`no token has the id '${id}'`);
  }
}

/** The id of a new token is that of another one. */
export class TokenTakenError extends Error {
  override readonly name = 'TokenTakenError';
  constructor(id: string) {
    super(`token id '${id}' belongs to another token: draw a new one`);
  }
}

/**
 * Lets somebody in. Who asks has drawn the token and sends its hash only. The same order again answers with the first record.
 * Operators only. Throws NotAllowedError and TokenTakenError.
 */
export async function issueToken(
  ports: Ports,
  order: { actor: Actor; token: Omit<NewToken, 'createdBy' | 'now'> },
): Promise<TokenRecord> {
  const { actor, token } = order;
  mustBeOperator(actor, `give ${token.name} a token`);
  const added = await ports.tokens.add({ ...token, createdBy: actor.name, now: ports.clock.now() });
  if (added === 'taken') throw new TokenTakenError(token.id);
  const detail = `for ${token.name}${token.operator ? ', an operator' : ''}${token.pool === null ? '' : `, pool ${token.pool}`}`;
  await recordAct(ports, { actor, action: 'token add', subject: token.id, detail });
  return await existing(ports, token.id);
}

/** Takes a token back; a second call changes nothing. Operators may, and whoever it belongs to. Throws TokenNotFoundError and NotAllowedError. */
export async function revokeToken(ports: Ports, order: { actor: Actor; id: string }): Promise<TokenRecord> {
  const { actor, id } = order;
  const token = await existing(ports, id);
  if (token.name !== actor.name) mustBeOperator(actor, `revoke token ${id}, which belongs to ${token.name}`);
  if ((await ports.tokens.revoke(id, { by: actor.name, now: ports.clock.now() })) === 'ok')
    await recordAct(ports, { actor, action: 'token revoke', subject: id, detail: `of ${token.name}` });
  return await existing(ports, id);
}

/** Every token that was given out. Operators only. */
export async function listTokens(ports: Ports, actor: Actor): Promise<TokenRecord[]> {
  mustBeOperator(actor, 'list the tokens of the lab');
  return await ports.tokens.list();
}

async function existing(ports: Ports, id: string): Promise<TokenRecord> {
  const token = await ports.tokens.get(id);
  if (token === null) throw new TokenNotFoundError(id);
  return token;
}

function mustBeOperator(actor: Actor, act: string): void {
  if (!actor.operator) throw new NotAllowedError(actor.name, act);
}
