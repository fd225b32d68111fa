import { quoteWord } from '../../runner/remote/quote.ts';
import { identityHere } from '../lock/targets.ts';
import type { NodeView } from './lab-client.ts';

/** The command by which a person reaches a node; the private key is named when this machine has it. */
export function sshLine(node: NodeView): string {
  const identity = identityHere(node);
  const words = ['ssh'];
  if (identity !== null) words.push('-i', identity);
  if (node.port !== 22) words.push('-p', String(node.port));
  return [...words, `${node.user}@${node.address}`].map(quoteWord).join(' ');
}
