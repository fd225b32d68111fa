/** What the image of a runner is made of, from the root of the repository; see runner/Dockerfile. */
export const imageFiles = [
  'adapters',
  'core',
  'providers',
  'runner',
  'suites',
  'package.json',
  'package-lock.json',
  '.npmrc',
] as const;

/** What of it no runner needs. */
export const notInImage = ['suites/**/*.test.ts'] as const;
