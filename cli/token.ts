import { Command } from 'commander';
import type { TokenView } from '../api/token-routes.ts';
import { columns } from './client/columns.ts';
import { InputError } from './client/failure.ts';
import { apiPath, findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { printJson, printLines } from './client/print.ts';
import { drawToken } from './lab/token.ts';
import { duration } from './lock/options.ts';

interface AddOptions {
  readonly operator: boolean;
  readonly pool?: string;
  readonly expires?: number; // seconds
  readonly folder?: string;
}

/** `loligo token add|list|revoke`: who else may use a lab. */
export function command(): Command {
  const word = new Command('token')
    .summary('let others use a lab, and take it back')
    .description(
      'Gives people and workers tokens for a lab. A token is shown once, when it is added; the lab keeps its hash only. Whoever sends it is its NAME: owner of the runs and locks that they make. The token file in the folder of the lab stays its operator’s.',
    );
  word
    .command('add')
    .description('make a token and print it')
    .argument('<name>', 'who it is for, `ann` or `ann@host`')
    .option('--operator', 'they may act for others, and see and change tokens', false)
    .option('--pool <type>', 'for workers that run the jobs of this machine type; good for nothing else')
    .option('--expires <time>', 'it ends by itself after 90s, 30m, 8h, 3d, 1w (default: never)', duration)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      `
Examples:
  loligo token add ann@desk --expires 30d
  LOLIGO_API=https://lab.example LOLIGO_TOKEN=TOKEN loligo suite -s smoke
  loligo token add rack3 --pool smithi

Exit status: 0 done, 1 refused, 2 no lab answers.`,
    )
    .action(async (name: string, options: AddOptions) => {
      const token = drawToken();
      await findLab(options).put<TokenView>(apiPath('tokens', token.id), {
        name,
        operator: options.operator,
        pool: options.pool ?? null,
        expires_seconds: options.expires ?? null,
        sha256: token.sha256,
      });
      console.error(`the token of ${name}; it is not shown again, and LOLIGO_TOKEN takes it:`);
      console.log(token.text);
    });
  word
    .command('list')
    .description('show the tokens that were given out, without their secrets')
    .option('--all', 'also those that were revoked', false)
    .option('--json', 'for programs', false)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (options: { all: boolean; json: boolean; folder?: string }) => {
      const tokens = (await allTokens(findLab(options))).filter(
        (token) => options.all || token.revoked_at === null,
      );
      if (options.json) await printJson(tokens);
      else if (tokens.length === 0) console.error('no token was given out');
      else await printLines(columns(tokens, tokenColumns));
    });
  word
    .command('revoke')
    .description('take tokens back; they open nothing from now on')
    .argument('<token...>', 'ids, or names: all tokens of that name')
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .action(async (wanted: string[], options: { folder?: string }) => {
      const lab = findLab(options);
      const tokens = await allTokens(lab);
      for (const text of wanted) await revoke(lab, tokens, text);
    });
  return word.addHelpText(
    'after',
    `
Examples:
  loligo token add ann@desk --expires 30d
  loligo token list
  loligo token revoke ann@desk

Exit status: 0 done, 1 refused, 2 no lab answers.`,
  );
}

async function allTokens(lab: LabClient): Promise<TokenView[]> {
  return (await lab.get<{ tokens: TokenView[] }>('/v1/tokens', { identified: true })).tokens;
}

async function revoke(lab: LabClient, tokens: readonly TokenView[], text: string): Promise<void> {
  const named = tokens.filter((token) => token.id === text || token.name === text);
  if (named.length === 0) throw new InputError(`no token has the id or name '${text}'`);
  for (const token of named.filter(({ revoked_at: at }) => at === null)) {
    await lab.post(apiPath('tokens', token.id, 'revoke'), {});
    console.error(`token ${token.id} of ${token.name} is revoked`);
  }
}

const day = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;
const tokenColumns = [
  { title: 'ID', value: (token: TokenView) => token.id },
  { title: 'NAME', value: (token: TokenView) => token.name },
  { title: 'ROLE', value: (token: TokenView) => roleOf(token) },
  { title: 'ADDED', value: (token: TokenView) => day(token.created_at) },
  { title: 'BY', value: (token: TokenView) => token.created_by },
  { title: 'EXPIRES', value: (token: TokenView) => day(token.expires_at) },
  { title: 'REVOKED', value: (token: TokenView) => day(token.revoked_at) },
];

function roleOf(token: TokenView): string {
  if (token.pool !== null) return `workers of ${token.pool}`;
  return token.operator ? 'operator' : 'user';
}
