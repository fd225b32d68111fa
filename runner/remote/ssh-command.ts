import { quoteCommand } from './quote.ts';
import type { SshTarget } from './ssh-target.ts';

/** How a person reaches a host: a command to paste, as short as the target allows. */
export function sshCommand(target: SshTarget, siteKey: string | null): string {
  const key = target.identityFile ?? siteKey;
  return quoteCommand([
    'ssh',
    ...(key === null ? [] : ['-i', key]),
    ...(target.port === 22 ? [] : ['-p', String(target.port)]),
    ...(target.address === target.hostname ? [] : ['-o', `HostKeyAlias=${target.hostname}`]),
    target.user === '' ? target.address : `${target.user}@${target.address}`,
  ]);
}
