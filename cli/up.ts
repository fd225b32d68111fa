import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { helpText } from './client/help-text.ts';
import { toPlain } from '../core/config/yaml-value.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { clockTime } from '../core/results/clock-time.ts';
import { cliEnvironment, siteSettings } from './environment.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { startLab, usualMostRunners } from './lab/lab.ts';
import type { Lab } from './lab/lab.ts';
import { quoteWord } from '../runner/remote/quote.ts';
import { targetChoices, usualTargets } from './lab/targets.ts';
import { runnerEnvironment } from './runner-environment.ts';
import { stopSignals } from './client/stop-signals.ts';

interface UpOptions {
  folder?: string;
  port?: number;
  host: string;
  targets?: 'sandbox' | 'docker' | 'static' | 'none';
  nodes: number;
  maxRunners: number;
  machines?: string;
  keepTargets: boolean;
  workers: string[];
}

/** `loligo up`: the embedded lab in the foreground, until Ctrl-C. */
export function command(): Command {
  return new Command('up')
    .summary('run a lab on this machine')
    .description(
      'Runs a lab in the foreground. Ctrl-C unwinds the running jobs and stops it; queued jobs stay queued, and those whose own tasks have not begun go back to the queue. After a kill -9 or a power cut, start it again: nothing is lost.',
    )
    .option('--folder <dir>', 'where the lab keeps everything (default: ~/.loligo)')
    .option('--port <n>', 'default: the last one of the folder, else any free one', wholeNumber(0, 65_535))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option(
        '--targets <kind>',
        'where nodes come from (default: docker when an engine has the target image, else sandbox)',
      ).choices(['sandbox', 'docker', 'static', 'none']),
    )
    .option('--nodes <n>', 'how many nodes to make', wholeNumber(1), 3)
    .option('--max-runners <n>', 'jobs at once, each with a process here', wholeNumber(1), usualMostRunners())
    .option('--machines <file>', 'YAML with the `nodes` of --targets static')
    .option('--workers <type...>', 'machine types whose jobs are run by `loligo worker`', [])
    .option('--keep-targets', 'leave the nodes running when the lab stops', false)
    .addHelpText(
      'after',
      helpText(
        [
          ['loligo up', 'a lab on this machine, with nodes that need no privileges or with containers'],
          ['loligo up --targets docker --nodes 6', 'six containers as nodes'],
          ['loligo up --targets static --machines m.yaml', 'machines of yours'],
          ['loligo up --workers smithi', 'jobs of this type are run by `loligo worker`, elsewhere'],
        ],
        '0 stopped, 1 it could not be started, 2 a lab runs in the folder already',
      ),
    )
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  const folder = resolve(options.folder ?? cliEnvironment().folder);
  const stop = stopSignals();
  process.stdout.on('error', () => undefined); // a closed terminal is no reason to stop: SIGHUP says so where it is
  const site = await siteSettings();
  const targets = targetChoices(
    options.targets ?? (await usualTargets(folder)),
    options.nodes,
    await staticMachines(options),
  );
  const lab = await startLab({
    folder,
    host: options.host,
    port: options.port ?? null,
    maxRunners: options.maxRunners,
    targets,
    workerTypes: options.workers,
    site,
    runnerEnvironment: runnerEnvironment(),
    say: (line) => console.log(`${clockTime((Date.now() / 1000) % 86_400)} ${line}`),
  });
  console.log(howTo(lab, { standard: folder === join(homedir(), '.loligo') }).join('\n'));
  await stop.first;
  console.log('stopping: running jobs are unwound; Ctrl-C again leaves them to the next start');
  await Promise.race([
    lab.stop({ destroyTargets: !options.keepTargets }),
    stop.second.then(() => process.exit(130)),
  ]);
  stop.release();
}

async function staticMachines(options: UpOptions): Promise<unknown> {
  if (options.targets !== 'static') return null;
  if (options.machines === undefined)
    throw new InputError('--targets static needs --machines FILE, a YAML file with `nodes`');
  return toPlain(pyYaml.parse(await readFile(options.machines, 'utf8'), options.machines));
}

function howTo(lab: Lab, { standard }: { standard: boolean }): string[] {
  const word = standard ? 'loligo' : `LOLIGO_FOLDER=${quoteWord(lab.folder)} loligo`;
  return [
    '',
    `The lab is at ${lab.url}/ with ${lab.nodes} nodes; its folder is ${lab.folder}`,
    `  a suite:  ${word} suite -s smoke --wait`,
    `  one job:  ${word} schedule job.yaml`,
    `  watch:    ${word} status, or open the URL`,
    '  stop:     Ctrl-C',
    '',
  ];
}
