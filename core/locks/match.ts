import type { Node } from './node.ts';

/** What a job asks of each of its nodes. Null = anything will do. */
export interface NodeWish {
  readonly machineType: string; // one type, or several separated by commas: any of them
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly arch: string | null;
}

/** What one node of a job must be, where its nodes are not all to be the same. */
export interface RoleWish extends NodeWish {
  readonly role: string; // for whom: the roles, or the types of roles, that ask for it; else the first role of the node
}

/** The nodes that a job asks for. */
export interface JobWish extends NodeWish {
  readonly nodeCount: number;
  /** For the node of each entry of `roles`, in their order; null = all as the job itself says. */
  readonly roleWishes: readonly RoleWish[] | null;
}

type Kind = Pick<Node, 'name' | 'machineType' | 'osType' | 'osVersion' | 'arch'>;

/** Everything that keeps a node from being what is wished for, each as a phrase that names both sides; empty when it fits. */
export function mismatches(node: Kind, wish: NodeWish): string[] {
  const reasons: string[] = [];
  if (!machineTypes(wish.machineType).includes(node.machineType)) {
    reasons.push(`is of type ${node.machineType}, not ${wish.machineType}`);
  }
  const systems = systemsOf(node);
  const ofType = systems.filter(({ osType }) => wish.osType === null || sameWord(wish.osType, osType));
  if (ofType.length === 0) {
    reasons.push(
      `has ${listed(systems.map((one) => one.osType)) || 'an unknown system'}, not ${wish.osType}`,
    );
  }
  const candidates = ofType.length === 0 ? systems : ofType;
  if (
    wish.osVersion !== null &&
    !candidates.some(({ osVersion }) => sameWord(wish.osVersion ?? '', osVersion))
  ) {
    const versions = listed(candidates.map((one) => one.osVersion));
    reasons.push(`has version ${versions || 'unknown'}, not ${wish.osVersion}`);
  }
  if (wish.arch !== null && !sameWord(wish.arch, node.arch)) {
    reasons.push(`is ${node.arch || 'of unknown architecture'}, not ${wish.arch}`);
  }
  return reasons;
}

/** What keeps a node from being what is wished for where nobody makes it that: of its systems only the first is there. */
export function mismatchesAsItIs(node: Kind, wish: Pick<NodeWish, 'osType' | 'osVersion'>): string[] {
  const [own = { osType: '', osVersion: '' }] = systemsOf(node);
  return mismatches({ ...node, ...own }, { ...wish, machineType: node.machineType, arch: null });
}

/**
 * The systems that a node can be given: most have one; of one whose provider makes it for its job, `osType` and `osVersion` are
 * comma lists that go in pairs (`debian,debian` and `12,11`).
 */
export function systemsOf(node: Pick<Node, 'osType' | 'osVersion'>): { osType: string; osVersion: string }[] {
  const versions = node.osVersion.split(',');
  return node.osType
    .split(',')
    .map((osType, index) => ({ osType: osType.trim(), osVersion: (versions[index] ?? '').trim() }));
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].join(' or ');
}

/** The machine types in a comma list. */
export function machineTypes(list: string): string[] {
  return list.split(',').map((type) => type.trim());
}

/** A wish in words: `type smithi with ubuntu 22.04, x86_64`. */
export function wishText(wish: NodeWish): string {
  const system = [wish.osType, wish.osVersion].filter((part) => part !== null).join(' ');
  const details = [system, wish.arch ?? ''].filter((part) => part !== '').join(', ');
  return `type ${machineTypes(wish.machineType).join(' or ')}${details === '' ? '' : ` with ${details}`}`;
}

function sameWord(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
