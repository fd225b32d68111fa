import { subscribe } from 'node:diagnostics_channel';
import type { Command } from 'commander';
import { fileLine } from '../../runner/archive/log-format.ts';

/** Words that take the folder of a lab and ask it nothing. */
const silent = new Set(['up', 'prune']);

/** What the HTTP client of Node tells whoever listens. */
interface Answered {
  readonly request: { readonly method: string; readonly origin: string; readonly path: string };
  readonly response: { readonly statusCode: number };
}

/**
 * Gives a word, and those below it, that ask a lab the option `-v`: each request is a line on standard error. A word that means something else by it
 * keeps that.
 */
export function withTrace(word: Command): Command {
  for (const command of [word, ...word.commands]) {
    const asks = command.options.some(({ long }) => long === '--folder') && !silent.has(command.name());
    if (!asks || command.options.some(({ short }) => short === '-v')) continue;
    command.option('-v, --verbose', 'say on standard error what the lab is asked', false);
    command.hook('preAction', (_, acting) => {
      if (acting === command && acting.opts()['verbose'] === true) traceRequests();
    });
  }
  return word;
}

function traceRequests(): void {
  subscribe('undici:request:headers', (message) => {
    const { request, response } = message as Answered;
    const text = `${request.method} ${request.origin}${request.path} ${response.statusCode}`;
    process.stderr.write(fileLine({ at: Date.now(), level: 'debug', logger: 'loligo.lab', message: text }));
  });
}
