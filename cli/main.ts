import { Command } from 'commander';

/** Every word of the command line. A word's file is loaded only when it is used, so that `--help` stays fast. */
const words: readonly { name: string; summary: string; load: () => Promise<{ command: () => Command }> }[] = [];

const program = new Command('loligo')
  .description('An integration-test lab: suites, locks, nested tasks over SSH, public logs.')
  .version('0.1.0');

const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const asked = process.argv[2] === 'help' ? process.argv[3] : wanted;
for (const word of words) {
  if (word.name === asked) program.addCommand((await word.load()).command());
  else program.command(word.name).summary(word.summary);
}

await program.parseAsync();
