import manifest from '../../package.json' with { type: 'json' };

/** What the first line of each log says. */
export const version: string = manifest.version;
