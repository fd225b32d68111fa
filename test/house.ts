import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One import as it stands in the source: the file that imports, what it names, and the file that this is when it is ours. */
export interface Import {
  readonly file: string; // relative to the house
  readonly specifier: string;
  readonly target: string | null; // relative to the house; null = a package or a Node built-in
  readonly typeOnly: boolean; // nothing of it is there when the program runs
}

/** One breach of the import law, as a sentence. */
export type Breach = string;

interface Room {
  readonly path: string; // the longest matching path decides
  readonly rooms: readonly string[]; // what of the house it may import, besides itself
  readonly packages: 'none' | 'any' | readonly string[]; // prefixes of packages; Node's built-ins count as packages
  readonly typesOnly?: boolean; // what it imports of other rooms must be types
}

const everywhere = ['core', 'adapters', 'providers', 'runner', 'api', 'cli'];

/** The import law of DESIGN section 3, most general first. */
const law: readonly Room[] = [
  { path: 'core', rooms: [], packages: 'none' },
  { path: 'adapters/aws', rooms: ['core'], packages: 'any' },
  { path: 'adapters/embedded', rooms: ['core'], packages: 'any' },
  { path: 'adapters/http', rooms: ['core'], packages: 'any' },
  { path: 'adapters/yaml', rooms: ['core'], packages: 'any' },
  { path: 'adapters/lua', rooms: ['core'], packages: 'any' },
  { path: 'adapters/git', rooms: ['core'], packages: 'any' },
  { path: 'adapters/template', rooms: ['core'], packages: 'none' },
  { path: 'providers', rooms: ['core'], packages: 'any' },
  { path: 'runner', rooms: ['core'], packages: 'any' },
  { path: 'runner/main.ts', rooms: ['core', 'runner', 'adapters', 'providers'], packages: 'any' },
  { path: 'runner/attempt-process.ts', rooms: ['core', 'runner', 'adapters', 'providers'], packages: 'any' },
  { path: 'api', rooms: ['core'], packages: 'any' },
  {
    path: 'lambdas',
    rooms: [
      'core',
      'api',
      ...['aws', 'git', 'http', 'lua', 'yaml'].map((world) => `adapters/${world}`),
      'providers',
    ],
    packages: 'any',
  },
  { path: 'infra', rooms: [], packages: ['aws-cdk', 'constructs', 'cdk-nag', 'node:'] },
  { path: 'cli', rooms: everywhere, packages: 'any' },
  { path: 'web', rooms: ['core', 'api'], packages: ['preact'], typesOnly: true },
  { path: 'web/vite.config.ts', rooms: [], packages: ['vite'] },
  { path: 'bench', rooms: [...everywhere, 'test'], packages: 'any' },
];

/** Files that pick adapters and so may read the environment. */
const compositionRoots = [
  /^cli\/[^/]+\.ts$/,
  /^runner\/(main|attempt-process)\.ts$/,
  /^lambdas\/[^/]+\.ts$/,
  /^infra\//,
  /^bench\//,
];

/** The imports of every source file of a house, tests left out: unit tests may reach anything. */
export function readImports(house: string): Import[] {
  return sourceFiles(house).flatMap((file) => {
    const found = importsOf(file, readFileSync(join(house, file), 'utf8'));
    return found.map(({ specifier, typeOnly }) => ({
      file,
      specifier,
      typeOnly,
      target: specifier.startsWith('.') ? relative(house, join(house, dirname(file), specifier)) : null,
    }));
  });
}

/** Every import that the law forbids. */
export function importBreaches(imports: readonly Import[]): Breach[] {
  return imports.flatMap((edge) => {
    const room = roomOf(edge.file);
    if (room === null) return [];
    if (edge.target === null) {
      const allowed =
        room.packages === 'any' ||
        (room.packages !== 'none' && room.packages.some((prefix) => edge.specifier.startsWith(prefix)));
      return allowed
        ? []
        : [`${edge.file} imports the package ${edge.specifier}, which ${room.path} may not`];
    }
    const target = edge.target;
    if (within(target, room.path)) return [];
    if (!room.rooms.some((path) => within(target, path)))
      return [`${edge.file} imports ${target}, which ${room.path} may not`];
    return room.typesOnly && !edge.typeOnly
      ? [`${edge.file} imports more than types of ${target}, which ${room.path} may not`]
      : [];
  });
}

/** Files outside the composition roots that read the environment. */
export function environmentBreaches(house: string): Breach[] {
  return sourceFiles(house)
    .filter((file) => roomOf(file) !== null && !compositionRoots.some((root) => root.test(file)))
    .filter((file) => /\bprocess\.env\b/.test(readFileSync(join(house, file), 'utf8')))
    .map((file) => `${file} reads process.env, which only composition roots may`);
}

/** Chains of imports that lead back to where they started, types left in: a type cycle is a room that cannot be read alone. */
export function importCycles(imports: readonly Import[]): string[] {
  const edges = Map.groupBy(imports, (edge) => edge.file);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const edge of edges.get(file) ?? []) if (edge.target !== null) visit(edge.target, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return cycles;
}

function importsOf(file: string, text: string): Pick<Import, 'specifier' | 'typeOnly'>[] {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const imported = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
  }));
  const exported = module.staticExports.flatMap((statement) =>
    statement.entries.map((entry) => ({ specifier: entry.moduleRequest?.value, typeOnly: entry.isType })),
  );
  const dynamic = module.dynamicImports.map((call) => ({
    specifier: /^['"](.*)['"]$/.exec(text.slice(call.moduleRequest.start, call.moduleRequest.end))?.[1],
    typeOnly: false,
  }));
  return [...imported, ...exported, ...dynamic].filter(
    (each): each is { specifier: string; typeOnly: boolean } => each.specifier !== undefined,
  );
}

function sourceFiles(house: string): string[] {
  return law
    .map((room) => room.path.split('/')[0] ?? '')
    .filter((folder, index, all) => all.indexOf(folder) === index)
    .flatMap((folder) => filesBelow(house, folder))
    .filter((file) => !file.startsWith('web/dist/'))
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|testsuite)\.tsx?$/.test(file));
}

function filesBelow(house: string, folder: string): string[] {
  try {
    return readdirSync(join(house, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    );
  } catch {
    return [];
  }
}

function roomOf(file: string): Room | null {
  return (
    law.filter((room) => within(file, room.path)).toSorted((a, b) => b.path.length - a.path.length)[0] ?? null
  );
}

function within(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`);
}
