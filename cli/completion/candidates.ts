import type { Command } from 'commander';
import { allJobs, allNodes } from '../client/every-page.ts';
import { findLab } from '../client/lab-client.ts';
import type { RunView } from '../client/lab-client.ts';

/** Every word of the command line. */
export type Words = readonly {
  readonly name: string;
  readonly load: () => Promise<{ command: () => Command }>;
}[];

const patienceMs = 1000;
const runsOffered = 100;

/** The words whose arguments are a run and then jobs of it, and those whose arguments are nodes. */
const ofRuns = new Set(['status', 'logs', 'kill', 'wait', 'ls', 'results', 'rerun', 'report', 'hold']);
const ofNodes = new Set(['lock', 'reimage', 'nuke', 'updatekeys', 'inventory']);

/** What the last of the typed words may become. Asks the lab for names only, for a second at most, and never fails. */
export async function candidates(typed: readonly string[], words: Words): Promise<string[]> {
  const current = typed.at(-1) ?? '';
  const fits = (names: readonly string[]) => names.filter((name) => name.startsWith(current));
  if (typed.length <= 1) return fits(words.map(({ name }) => name));
  const word = words.find(({ name }) => name === typed[0]);
  if (word === undefined) return [];
  const command = (await word.load()).command();
  const inner = command.commands.find((each) => each.name() === typed[1] && typed.length > 2);
  if (current.startsWith('-')) return fits(optionsOf(inner ?? command));
  if (command.commands.length > 0 && typed.length === 2)
    return fits(command.commands.map((each) => each.name()));
  const given = typed.slice(1, -1).filter((text) => !text.startsWith('-'));
  try {
    return fits(
      await Promise.race([names(word.name, inner === undefined ? given : given.slice(1)), tooLate()]),
    );
  } catch {
    return [];
  }
}

function optionsOf(command: Command): string[] {
  const long = command.options.filter((option) => !option.hidden).flatMap((option) => option.long ?? []);
  return [...long, '--help'];
}

async function names(word: string, given: readonly string[]): Promise<string[]> {
  const lab = findLab();
  const [run] = given;
  if (ofNodes.has(word)) return (await allNodes(lab)).map((node) => node.name);
  if (!ofRuns.has(word)) return [];
  if (run === undefined)
    return (await lab.get<{ runs: RunView[] }>(`/v1/runs?limit=${runsOffered}`)).runs.map(({ name }) => name);
  return (await allJobs(lab, run)).map((job) => String(job.job_id));
}

async function tooLate(): Promise<never> {
  return await new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('the lab takes too long')), patienceMs).unref();
  });
}
