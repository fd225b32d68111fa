import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { helpText } from './client/help-text.ts';
import type { Logger } from '../core/ports/logger.ts';
import { adaptImage } from '../providers/docker/adapt-image.ts';
import { openEngine } from '../providers/docker/engine.ts';
import { removeImage, storedImages, superfluous } from '../providers/docker/stored-images.ts';
import { imageOf } from '../providers/docker/systems.ts';
import { columns } from './client/columns.ts';
import { InputError, wholeNumber } from './client/failure.ts';
import { printLines } from './client/print.ts';

interface EngineOption {
  readonly host?: string;
}

/** `loligo image build|list|prune`: the images that containers are made from. */
export function command(): Command {
  const word = new Command('image')
    .summary('make, list and remove images of containers')
    .description(
      'Containers are made from images: a base image of each system, and snapshots of what jobs installed on one. This makes base images, shows what there is, and removes what is not needed.',
    );
  const sub = (name: string, summary: string): Command =>
    word
      .command(name)
      .description(summary)
      .option('--host <engine>', 'the engine: a socket, tcp://HOST:PORT or ssh://USER@HOST');
  sub(
    'build',
    'Makes the image of a system from packages, unless it is there: about a minute, as root. Or, with --from, of any image: sshd, sudo, a user and some small programs are added where they are missing.',
  )
    .argument('[system]', 'as debian:12')
    .option('--from <image>', 'an image that the engine has, or one with its registry')
    .option(
      '--as <name>',
      'what the image made with --from is called; default: the name that jobs find its system by',
    )
    .action(async (system: string | undefined, options: EngineOption & { from?: string; as?: string }) => {
      const { host, from, as } = options;
      if ((from === undefined) === (system === undefined))
        throw new InputError('give either a system, as debian:12, or --from with an image');
      if (as !== undefined && from === undefined) throw new InputError('--as goes with --from only');
      if (from === undefined) await build(system ?? '', host ?? null);
      else await adapt({ from, name: as ?? null, host: host ?? null });
    });
  sub('list', 'Lists the images, those that were used last first.').action(async ({ host }: EngineOption) => {
    await list(host ?? null);
  });
  sub(
    'prune',
    'Removes what nothing uses any more: base images of older recipes, and snapshots beyond the bounds.',
  )
    .option('--days <n>', 'snapshots that no job wanted for so long', wholeNumber(0))
    .option('--gigabytes <n>', 'what the snapshots that stay may have together', wholeNumber(0))
    .action(async ({ host, days, gigabytes }: EngineOption & { days?: number; gigabytes?: number }) => {
      const maxAgeMs = days === undefined ? null : days * 86_400_000;
      const maxBytes = gigabytes === undefined ? null : gigabytes * 1e9;
      await prune(host ?? null, { now: Date.now(), maxAgeMs, maxBytes });
    });
  return word.addHelpText(
    'after',
    helpText(
      [
        ['loligo image build debian:12', 'make a base image, once'],
        ['loligo image build --from ubuntu:22.04', 'the same of an image that is there'],
        ['loligo image list', 'what there is, and how big'],
        ['loligo image prune --days 30 --gigabytes 20', 'keep what is used'],
      ],
      '0 done, 1 refused, or no container engine answers',
    ),
  );
}

async function build(text: string, host: string | null): Promise<void> {
  const [, osType = '', osVersion = ''] = /^([a-z]+):([0-9.]+)$/.exec(text) ?? [];
  if (osType === '') throw new InputError(`'${text}' is not a system: give TYPE:VERSION, as debian:12`);
  const engine = await openEngine(host);
  const folder = await mkdtemp(join(tmpdir(), 'loligo-image-'));
  try {
    console.log(await imageOf({ engine, system: { osType, osVersion }, folder, logger: onStderr }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function adapt(params: { from: string; name: string | null; host: string | null }): Promise<void> {
  const { from, name, host } = params;
  console.log(await adaptImage({ engine: await openEngine(host), from, name, logger: onStderr }));
}

async function list(host: string | null): Promise<void> {
  const images = await storedImages(await openEngine(host));
  await printLines(
    columns(images, [
      { title: 'IMAGE', value: ({ name }) => name },
      {
        title: 'KIND',
        value: ({ kind, current }) => (current ? kind : kind === 'base' ? 'old base' : 'discarded'),
      },
      { title: 'MB', value: ({ bytes }) => Math.round(bytes / 1e6), align: 'right' },
      { title: 'USED', value: ({ usedAt }) => new Date(usedAt).toISOString().slice(0, 16).replace('T', ' ') },
      { title: 'HOLDS', value: ({ about }) => about },
    ]),
  );
}

async function prune(host: string | null, bounds: Parameters<typeof superfluous>[1]): Promise<void> {
  const engine = await openEngine(host);
  for (const { name } of superfluous(await storedImages(engine), bounds)) {
    const outcome = await removeImage(engine, name);
    console.log(outcome === 'removed' ? `removed ${name}` : `${name} stays: something uses it`);
  }
}

const onStderr: Logger = {
  debug: () => undefined,
  info: (message) => console.error(message),
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
  critical: (message) => console.error(message),
  child: () => onStderr,
};
