import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { canonicalTarget, targetEntry } from '../../core/config/targets.ts';
import type { NamingRules } from '../../core/config/targets.ts';
import { fromPlain, isYamlMap } from '../../core/config/yaml-value.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { InputError } from '../client/failure.ts';
import type { NodeView } from '../client/lab-client.ts';

/**
 * Nodes as the `targets` of a job. The private key that the lab names is left out when it is not on this machine: then the site's or
 * the caller's own keys have to do.
 */
export function nodeTargets(nodes: readonly NodeView[]): { [target: string]: PlainValue } {
  return Object.fromEntries(
    nodes.map((node) => [
      `${node.user}@${node.name}`,
      targetEntry({
        hostname: node.name,
        address: node.address,
        port: node.port,
        hostKey: node.host_key,
        identityFile: identityHere(node),
      }),
    ]),
  );
}

/** The private key for a node, if this machine has it. */
export function identityHere(node: NodeView): string | null {
  const file = node.identity_file ?? null;
  return file !== null && existsSync(file) ? file : null;
}

/** `targets:` as YAML, without the last line's end. */
export function targetsYaml(nodes: readonly NodeView[]): string {
  return pyYaml.print(fromPlain({ targets: nodeTargets(nodes) })).trimEnd();
}

/** The names in the `targets` of YAML files, which may hold several documents each. */
export async function namesInTargetFiles(files: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const file of files) {
    const documents = (await readFile(file, 'utf8')).split(/^---(?:[ \t].*)?$/m);
    for (const document of documents) {
      const value = pyYaml.parse(document, file);
      const targets = isYamlMap(value) ? value.get('targets') : undefined;
      if (isYamlMap(targets)) names.push(...[...targets.keys()].map(String));
      else if (value !== null) throw new InputError(`${file} has no map 'targets'`);
    }
  }
  return names;
}

/**
 * The names of nodes as the inventory has them: without a user, and with the site's domain where the inventory knows them so. A name
 * that the inventory does not have is refused.
 */
export function nodesNamed(
  names: readonly string[],
  { inventory, naming }: { inventory: readonly NodeView[]; naming: NamingRules },
): NodeView[] {
  const byName = new Map(inventory.map((node) => [node.name, node]));
  const found = names.map((name) => {
    const bare = name.slice(name.lastIndexOf('@') + 1);
    const node = byName.get(bare) ?? byName.get(canonicalName(name, naming));
    if (node === undefined) throw new InputError(`no node named '${bare}'`);
    return node;
  });
  return [...new Set(found)];
}

function canonicalName(name: string, naming: NamingRules): string {
  const full = canonicalTarget(name, naming);
  return full.slice(full.lastIndexOf('@') + 1);
}
