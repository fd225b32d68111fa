import type { LockView } from './acts.ts';
import { sshLine } from '../client/ssh-line.ts';

/** What to tell somebody whose machines stay locked after a failure: how to reach them, and how to give them back. */
export function keepingLines(lock: LockView, seconds: number | null): string[] {
  const names = lock.nodes.map((node) => node.name).join(' ');
  const until = seconds === null ? '' : ` for ${seconds / 3600} hours`;
  const stay = lock.nodes.length === 1 ? 'stays' : 'stay';
  const left = lock.nodes.length === 1 ? 'as the job left it' : 'as the job left them';
  return [
    `${names} ${stay} locked by ${lock.owner}${until}, ${left}. To look around, and to unlock:`,
    ...lock.nodes.map((node) => `  ${sshLine(node)}`),
    `  loligo lock --unlock ${names}`,
  ];
}
