import type { Command } from 'commander';
import { makeNewCommand } from './reimage.ts';

/** `loligo nuke NODE...`: the original's word for getting a machine back into a pristine state. */
export function command(): Command {
  return makeNewCommand('nuke');
}
