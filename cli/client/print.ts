import { once } from 'node:events';

/** Writes lines to stdout at the reader's pace. A reader that went away (`| head`) ends the process quietly. */
export async function printLines(lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  process.stdout.once('error', endQuietly);
  for await (const line of lines) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
  process.stdout.off('error', endQuietly);
}

/** Writes a value as indented JSON. */
export async function printJson(value: unknown): Promise<void> {
  await printLines([JSON.stringify(value, null, 2)]);
}

/** Writes bytes to stdout at the reader's pace. */
export async function printBytes(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  process.stdout.once('error', endQuietly);
  for await (const chunk of bytes) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
  }
  process.stdout.off('error', endQuietly);
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
