import type { Command } from 'commander';
import { withTrace } from './client/trace-requests.ts';

interface Word {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ command: () => Command }>;
}

const everyWord: readonly Word[] = [
  { name: 'up', summary: 'run a lab on this machine', load: () => import('./up.ts') },
  { name: 'demo', summary: 'run a whole lab once, with a small suite', load: () => import('./demo.ts') },
  { name: 'suite', summary: 'queue the jobs of a suite', load: () => import('./suite.ts') },
  { name: 'rerun', summary: 'queue jobs of an earlier run again', load: () => import('./rerun.ts') },
  { name: 'schedule', summary: 'queue one job', load: () => import('./schedule.ts') },
  { name: 'status', summary: 'show runs, jobs and nodes', load: () => import('./status.ts') },
  {
    name: 'queue',
    summary: 'show the queue, change its order, stop it for a while',
    load: () => import('./queue.ts'),
  },
  { name: 'ls', summary: 'list the jobs of a run or of an archive folder', load: () => import('./ls.ts') },
  { name: 'results', summary: 'show or mail the results of a run', load: () => import('./results.ts') },
  {
    name: 'coverage',
    summary: 'sum up which code the jobs of a run executed',
    load: () => import('./coverage.ts'),
  },
  { name: 'logs', summary: 'print or follow the log of a job', load: () => import('./logs.ts') },
  { name: 'report', summary: 'push results to a paddles server', load: () => import('./report.ts') },
  { name: 'prune', summary: 'take old logs out of an archive', load: () => import('./prune.ts') },
  { name: 'wait', summary: 'wait until a run is over', load: () => import('./wait.ts') },
  {
    name: 'completion',
    summary: 'print what makes a shell complete words, runs and nodes',
    load: async () => {
      const { completion } = await import('./completion.ts');
      return { command: () => completion(words) };
    },
  },
  { name: 'kill', summary: 'end jobs', load: () => import('./kill.ts') },
  { name: 'deploy-info', summary: 'print the URLs of a lab on AWS', load: () => import('./deploy-info.ts') },
  { name: 'worker', summary: 'run the jobs of a machine type for a lab', load: () => import('./worker.ts') },
  { name: 'lock', summary: 'list, lock, unlock and mark nodes', load: () => import('./lock.ts') },
  { name: 'hold', summary: 'keep the nodes of jobs to look around on them', load: () => import('./hold.ts') },
  { name: 'reimage', summary: 'have nodes made as new', load: () => import('./reimage.ts') },
  {
    name: 'nuke',
    summary: 'clean nodes, of a job or of jobs that are over',
    load: () => import('./nuke.ts'),
  },
  {
    name: 'node-cleanup',
    summary: 'give back nodes that are held for jobs that are over',
    load: () => import('./node-cleanup.ts'),
  },
  { name: 'updatekeys', summary: 'read the host keys of nodes again', load: () => import('./updatekeys.ts') },
  { name: 'inventory', summary: 'list, enter and take out nodes', load: () => import('./inventory.ts') },
  {
    name: 'token',
    summary: 'let others use a lab, and take it back',
    load: () => import('./token.ts'),
  },
  {
    name: 'exporter',
    summary: 'serve the metrics of a lab to Prometheus',
    load: () => import('./exporter.ts'),
  },
  { name: 'audit', summary: 'show who changed what in a lab', load: () => import('./audit.ts') },
  {
    name: 'image',
    summary: 'make, list and remove images of containers',
    load: () => import('./image.ts'),
  },
  { name: 'run', summary: 'run one job here', load: () => import('./run.ts') },
  { name: 'expand', summary: 'list the jobs that a suite expands to', load: () => import('./expand.ts') },
  { name: 'describe', summary: 'show what a suite is made of', load: () => import('./describe.ts') },
  { name: 'lint', summary: 'find mistakes in suites', load: () => import('./lint.ts') },
  { name: 'schema', summary: 'print the JSON schema of job files', load: () => import('./schema.ts') },
];

/** Every word of the command line. A word's file is loaded only when it is used, so that `--help` stays fast. */
export const words: readonly Word[] = everyWord.map(({ load, ...word }) => ({
  ...word,
  load: async () => {
    const { command } = await load();
    return { command: () => withTrace(command()) };
  },
}));
