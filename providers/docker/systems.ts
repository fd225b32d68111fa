import type Docker from 'dockerode';
import type { Logger } from '../../core/ports/logger.ts';
import { TargetImageError, buildTargetImage, hasImage, targetImageName } from './image.ts';

/** An operating system as jobs name it. */
export interface System {
  readonly osType: string;
  readonly osVersion: string;
}

/** The systems that an engine can give a node at once, by the images that it has. */
export async function systemsOf(engine: Docker): Promise<System[]> {
  const images = await engine.listImages({ filters: { reference: ['loligo-target'] } });
  return images
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .flatMap((tag) => {
      const parts = /^loligo-target:([a-z]+)-([0-9.]+)-[0-9a-f]+$/.exec(tag);
      const system = parts === null ? null : { osType: parts[1] ?? '', osVersion: parts[2] ?? '' };
      return system !== null && tag === targetImageName(system) ? [system] : [];
    })
    .toSorted((a, b) => targetImageName(a).localeCompare(targetImageName(b)));
}

/** The image of a system. One that the engine does not have is made, which takes about a minute. */
export async function imageOf(params: {
  engine: Docker;
  system: System;
  folder: string;
  logger: Logger;
}): Promise<string> {
  const name = targetImageName(params.system);
  if (await hasImage(params.engine, name)) return name;
  return await buildTargetImage({ ...params, ...params.system });
}

/** An image that somebody names. When the engine lacks one whose name has a registry in it, that registry is asked for it. */
export async function namedImage(engine: Docker, image: string): Promise<string> {
  if (await hasImage(engine, image)) return image;
  const [registry = '', ...rest] = image.split('/');
  if (rest.length === 0 || !/[.:]|^localhost$/.test(registry))
    throw new TargetImageError(
      `the engine has no image '${image}', and its name has no registry to fetch it from`,
    );
  try {
    const answer = await engine.pull(image);
    await new Promise<void>((resolve, reject) =>
      engine.modem.followProgress(answer, (error) => (error ? reject(error) : resolve())),
    );
    return image;
  } catch (error) {
    throw new TargetImageError(
      `the engine has no image '${image}', and could not fetch it: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
