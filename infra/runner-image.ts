import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { imageFiles, notInImage } from './image-files.ts';

const usage = `Usage: npm run image:runner -- [--tag NAME] [--base IMAGE] [--ansible] [--network NAME]

Builds the image of a runner of a lab on AWS with Docker, from the same files as a deployment does.

  --tag NAME      what it is called (default: loligo-runner)
  --base IMAGE    any Debian with npm, instead of the one that runner/Dockerfile names
  --ansible       with ansible-core in it
  --network NAME  of the build, such as host where packages are reached through the machine

Examples:
  npm run image:runner
  npm run image:runner -- --base registry.example/debian-npm:12 --tag loligo-runner:test
`;

/** The image as a deployment would make it, without one. Exit status: that of docker; 2 = it was called in a wrong way. */
async function build(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tag: { type: 'string', default: 'loligo-runner' },
      base: { type: 'string' },
      ansible: { type: 'boolean', default: false },
      network: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const excluded = notInImage.map((pattern) => `--exclude=${pattern}`);
  const tar = spawn('tar', ['-c', ...excluded, ...imageFiles], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const words = [
    'build',
    '--file=runner/Dockerfile',
    `--tag=${values.tag}`,
    ...(values.base === undefined ? [] : ['--build-arg', `BASE=${values.base}`]),
    ...(values.ansible ? ['--build-arg', 'ANSIBLE=yes'] : []),
    ...(values.network === undefined ? [] : [`--network=${values.network}`]),
    '-',
  ];
  const docker = spawn('docker', words, { stdio: ['pipe', 'inherit', 'inherit'] });
  // When docker ends early, its status says so, and not the pipe that broke.
  const ended = once(docker, 'exit') as Promise<[number | null]>;
  await Promise.all([ended, pipeline(tar.stdout, docker.stdin).catch(() => undefined)]);
  return (await ended)[0] ?? 1;
}

try {
  process.exitCode = await build();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
