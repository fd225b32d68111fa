import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';

/** What kind of machine this is, in the words of node specs. */
export interface MachineKind {
  readonly arch: string; // as uname -m
  readonly osType: string; // 'debian'
  readonly osVersion: string; // '12'; '' where the system has none
}

/** The architecture of this machine as `uname -m` prints it. */
export function machineArch(): string {
  const names: Readonly<Record<string, string>> = {
    x64: 'x86_64',
    arm64: 'aarch64',
    arm: 'armv7l',
    ia32: 'i686',
  };
  return names[arch()] ?? arch();
}

/** What /etc/os-release says of this machine. */
export async function thisMachine(): Promise<MachineKind> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return {
    arch: machineArch(),
    osType: osField(text, 'ID') ?? 'linux',
    osVersion: osField(text, 'VERSION_ID') ?? '',
  };
}

/** One field of os-release text, without its quotes; null when it is missing. */
export function osField(text: string, field: string): string | null {
  const value = new RegExp(`^${field}=(.*)$`, 'm').exec(text)?.[1];
  return value === undefined ? null : value.trim().replace(/^(["'])(.*)\1$/, '$2');
}
