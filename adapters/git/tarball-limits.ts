import { Transform } from 'node:stream';
import { TarballTooBigError } from './source-errors.ts';

/** What a tarball may cost. */
export interface TarballLimits {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly entries: number;
  readonly deadlineMs: number; // for having it here
}

/** Several times what the largest trees of suites need. */
export const tarballLimits: TarballLimits = {
  packedBytes: 512 * 1024 * 1024,
  unpackedBytes: 1024 * 1024 * 1024,
  entries: 250_000,
  deadlineMs: 10 * 60_000,
};

/** Lets so many bytes pass and then fails, so that what unpacks to any size is stopped before it is written. */
export function limitBytes(params: { most: number; tarball: string; verb: 'has' | 'unpacks to' }): Transform {
  const { most, tarball, verb } = params;
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed <= most) return done(null, chunk);
      return done(new TarballTooBigError({ tarball, reason: `${verb} more than ${inMiB(most)}` }));
    },
  });
}

/** A limit as it is read in messages. */
export function inMiB(bytes: number): string {
  const size = bytes / 1024 / 1024;
  return size >= 1 ? `${Math.round(size)} MiB` : `${bytes} bytes`;
}
