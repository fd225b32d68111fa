import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../bin/loligo.js', import.meta.url));

export interface Ended {
  readonly code: number | null; // null = a signal ended it
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it wrote to stderr so far. */
  stderr(): string;
}

/** Starts `loligo` with the arguments as a process of its own, in a home folder without settings. */
export function startLoligo(args: readonly string[], options: { home: string; input?: string }): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], HOME: options.home },
    cwd: options.home,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(options.input ?? '');
  const stderr = (): string => Buffer.concat(err).toString();
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out).toString(), stderr: stderr() }));
  });
  return { child, ended, stderr };
}

/** Runs `loligo` to its end. */
export function loligo(args: readonly string[], options: { home: string; input?: string }): Promise<Ended> {
  return startLoligo(args, options).ended;
}
