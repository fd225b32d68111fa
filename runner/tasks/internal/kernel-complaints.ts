import type { Remote } from '../../remote/remote.ts';
import { quoteCommand, Raw } from '../../remote/quote.ts';

/** Lines of a kernel log that have one of the words and mean nothing; extended regular expressions for grep. */
const noise = [
  'task .* blocked for more than .* seconds',
  'lockdep is turned off',
  'possible (irq lock inversion|recursive locking)',
  'inconsistent lock state',
  'NMI handler .* took too long',
  'recovery required on readonly',
  'CRON',
  'xfs_fsr',
  'ceph-create-keys',
  'ceph-crash',
  'DataSourceOpenStack',
  'container-storage-setup',
  '\\bsalt-(master|minion|api)\\b',
  '\\btcmu-runner\\b',
];

/** The command that prints the first line of a kernel log which complains of something; nothing when there is none. */
export function kernelComplaintCommand(path: string): string {
  return quoteCommand([
    'grep',
    '--binary-files=text',
    '-E',
    '\\bBUG\\b|\\bINFO\\b|\\bDEADLOCK\\b',
    path,
    ...noise.flatMap((pattern) => [new Raw('|'), 'grep', '-a', '-v', '-E', '-e', pattern]),
    new Raw('|'),
    'head',
    '-n',
    '1',
  ]);
}

/** The first complaint in a host's kernel log, or null. */
export async function findKernelComplaint(remote: Remote, path: string): Promise<string | null> {
  const line = (await remote.sh(kernelComplaintCommand(path))).trimEnd();
  return line === '' ? null : line;
}

/** Words by which a kernel says that the machine itself is broken, and no test makes it say: extended regular expressions. */
const hardwareWords = [
  '\\[Hardware Error\\]',
  'Machine Check Exception',
  'EDAC .*\\bUE\\b',
  'critical medium error',
  'NMI: (PCI system|IOCK) error',
];

/** The first line of a host's kernel log that tells of broken hardware, or null. */
export async function findHardwareComplaint(remote: Remote, path: string): Promise<string | null> {
  const words = hardwareWords.flatMap((word) => ['-e', word]);
  const command = [
    'grep',
    '--binary-files=text',
    '-m',
    '1',
    '-E',
    ...words,
    '--',
    path,
    new Raw('||'),
    'true',
  ];
  const line = (await remote.sh(quoteCommand(command))).trimEnd();
  return line === '' ? null : line;
}
