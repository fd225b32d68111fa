import type { RawFinding } from './finding.ts';
import type { DirectoryNode, SuiteNode } from './suite-tree.ts';

/** How many jobs a node has, nested subsets cut, and which nested subsets cannot work. */
export function sizeFindings(root: SuiteNode): RawFinding[] {
  const findings: RawFinding[] = [];
  sizeOf(root, findings);
  return findings;
}

function sizeOf(node: SuiteNode, findings: RawFinding[]): bigint {
  if (node.kind === 'fragment') return 1n;
  const sizes = node.children.map((child) => sizeOf(child, findings));
  switch (node.kind) {
    case 'concat':
    case 'pick':
      return 1n;
    case 'sum':
      return sizes.reduce((sum, size) => sum + size, 0n);
    case 'product':
      return productSize(node, sizes, findings);
  }
}

function productSize(node: DirectoryNode, sizes: readonly bigint[], findings: RawFinding[]): bigint {
  const size = sizes.reduce((product, each) => product * each, 1n);
  findings.push(...largestFinding(node, sizes));
  if (node.divisions <= size) return size / node.divisions;
  const sentence =
    `cuts a product of ${size} ${size === 1n ? 'job' : 'jobs'} into ${node.divisions} parts, which leaves none; ` +
    'without a subset around it the suite cannot be expanded';
  findings.push({ rule: 'nested-subset-too-large', file: `${node.path}/%`, line: 1, sentence, related: [] });
  return 1n; // so that nothing above it is blamed for the same
}

/** The largest factor is asked for jobs past its own end, which a nested subset does not have. */
function largestFinding(node: DirectoryNode, sizes: readonly bigint[]): RawFinding[] {
  let largest = 0;
  for (const [place, size] of sizes.entries()) if (size >= sizes[largest]!) largest = place;
  const child = node.children[largest];
  const others = sizes.reduce((product, size, place) => (place === largest ? product : product * size), 1n);
  if (child?.kind !== 'product' || child.divisions === 1n || others === 1n) return [];
  const sentence =
    `is the largest factor of the product ${node.path}: by the seed it gives jobs of other parts, or the expansion fails; ` +
    'make another facet larger, or drop the number';
  return [{ rule: 'nested-subset-largest', file: `${child.path}/%`, line: 1, sentence, related: [] }];
}
