import type Docker from 'dockerode';
import type { SshKey } from '../ssh-key.ts';

/** What all containers of a lab have in common. */
export interface Targets {
  readonly engine: Docker;
  readonly engineAddress: string | null; // where the ports of another machine's engine are; null = this machine's
  readonly lab: string;
  readonly image: string; // of nodes that nobody asked anything of
  readonly user: string;
  readonly clientKey: SshKey;
  /** Connect to a published port, or to the container's own address, which only this machine can reach. */
  readonly connect: 'published' | 'direct';
  readonly capAdd: readonly string[];
  readonly devices: readonly string[];
  readonly securityOpt: readonly string[];
  readonly tmpfs: Readonly<Record<string, string>>;
}
