import { Argument, Command } from 'commander';
import { candidates } from './completion/candidates.ts';
import type { Words } from './completion/candidates.ts';
import { scripts } from './completion/scripts.ts';
import { printLines } from './client/print.ts';

/** `loligo completion SHELL`; `words` is what the scripts themselves ask with. It is given the words, of which it is one. */
export function completion(words: Words): Command {
  return new Command('completion')
    .summary('print what makes a shell complete words, runs and nodes')
    .description(
      'Prints a script that makes a shell complete the words of loligo, their options, and the runs, jobs and nodes of the lab. Without a lab that answers within a second there are just no names.',
    )
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish', 'words']))
    .argument('[typed...]', 'with `words`: what stands on the line so far')
    .addHelpText(
      'after',
      `
Examples:
  eval "$(loligo completion bash)"           # in ~/.bashrc
  eval "$(loligo completion zsh)"            # in ~/.zshrc, after compinit
  loligo completion fish | source            # in ~/.config/fish/config.fish

Exit status: 0 printed, 1 no such shell.`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish' | 'words', typed: string[]) => {
      if (shell !== 'words') console.log(scripts[shell]);
      else await printLines(await candidates(typed, words));
    });
}
