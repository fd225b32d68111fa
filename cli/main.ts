import { Command } from 'commander';
import { version } from '../runner/job/version.ts';
import { failureOf } from './client/failure.ts';
import { words } from './words.ts';

const program = new Command('loligo')
  .description('An integration-test lab: suites, locks, nested tasks over SSH, public logs.')
  .version(version);

const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const asked = process.argv[2] === 'help' ? process.argv[3] : wanted;
for (const word of words) {
  if (word.name === asked) program.addCommand((await word.load()).command());
  else program.command(word.name).summary(word.summary);
}

try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = failureOf(error);
  if (text !== '') console.error(text);
  process.exitCode = exitCode;
}
