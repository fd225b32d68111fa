import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { words } from '../cli/words.ts';

/** Where the pages are. */
export const pagesFolder = join(import.meta.dirname, '..', 'docs', 'commands');

/** What a word's page in docs/commands holds: its own help, so that neither says what the other does not. */
export async function helpPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const { name, load } of words) {
    const command = (await load()).command().configureHelp({ helpWidth: 120 });
    const help = helpOf(command)
      .replace(/^Usage: /, 'Usage: loligo ')
      .trimEnd();
    pages.set(`${name}.md`, `# loligo ${name}\n\n\`\`\`text\n${withoutThisMachine(help)}\n\`\`\`\n`);
  }
  return pages;
}

/** Everything that `--help` prints, with what stands behind the options. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** Defaults that depend on the machine are not for a page. */
function withoutThisMachine(help: string): string {
  return help.replace(/(--max-runners .*?)\(default: \d+\)/s, '$1(default: by the size of the machine)');
}

if (process.argv[1] === import.meta.filename) {
  rmSync(pagesFolder, { recursive: true, force: true });
  mkdirSync(pagesFolder, { recursive: true });
  for (const [name, text] of await helpPages()) writeFileSync(join(pagesFolder, name), text);
}
