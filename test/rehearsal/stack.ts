import type { Template } from '../fixtures/assembly.ts';

/** What a resource says of itself in the template, its references resolved. It is looked into as it comes. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Properties = Readonly<Record<string, any>>;

/** What `Ref` and `Fn::GetAtt` give for a resource that was made. */
export interface Made {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Resource extends Made {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
}

export type Maker = (id: string, properties: Properties) => Promise<Made> | Made;

/** The resources of a template, really made, each when it is first referred to. */
export interface Stack {
  readonly template: Template;
  /** The one resource of this id; the same promise for each call. */
  resource(id: string): Promise<Resource>;
  /** All of a type, in the template's order. */
  all(type: string): Promise<Resource[]>;
  /** The only one of a type whose id begins so; throws when there is none, or another. */
  one(type: string, prefix: string): Promise<Resource>;
  /** A value of the template with its intrinsic functions replaced by what they give. */
  value(template: unknown): Promise<unknown>;
}

/** A template asks for something that the rehearsal does not know. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const nothing = Symbol('AWS::NoValue');

/** A stack of which nothing is made yet. A type without a maker is a TemplateError: what nobody decided about is not passed over. */
export function openStack(options: {
  readonly template: Template;
  readonly makers: Readonly<Record<string, Maker>>;
  readonly pseudo: Readonly<Record<string, string>>; // `AWS::Region` and the like
  readonly zones: readonly string[];
}): Stack {
  const { template, makers, pseudo } = options;
  const made = new Map<string, Promise<Resource>>();

  const make = async (id: string): Promise<Resource> => {
    const found = template.Resources[id];
    if (found === undefined) throw new TemplateError(`the template has no resource '${id}'`);
    const maker = makers[found.Type];
    if (maker === undefined) throw new TemplateError(`nothing makes ${found.Type} (${id})`);
    const properties = (await value(found.Properties ?? {})) as Properties;
    return { id, type: found.Type, properties, ...(await maker(id, properties)) };
  };
  const resource = async (id: string) => {
    const known = made.get(id) ?? make(id);
    made.set(id, known);
    return await known;
  };
  const reference = async (name: string): Promise<unknown> => {
    if (name === 'AWS::NoValue') return nothing;
    if (name in pseudo) return pseudo[name];
    const parameter = template.Parameters?.[name];
    return parameter === undefined ? (await resource(name)).ref : parameter.Default;
  };
  const attribute = async (id: string, name: string): Promise<string> => {
    const found = (await resource(id)).attributes[name];
    if (found === undefined) throw new TemplateError(`${id} has no attribute '${name}' here`);
    return found;
  };
  const substitute = async (text: string): Promise<string> => {
    const parts = text.split(/\$\{([^}]+)\}/);
    const values = parts.map(async (part, index) => {
      if (index % 2 === 0) return part;
      const [id = '', name] = part.split('.');
      return String(await (name === undefined ? reference(id) : attribute(id, name)));
    });
    return (await Promise.all(values)).join('');
  };
  const intrinsics: Record<string, (argument: unknown) => Promise<unknown>> = {
    Ref: async (name) => await reference(String(name)),
    'Fn::GetAtt': async (pair) => await attribute(...(pair as [string, string])),
    'Fn::Join': async (pair) => {
      const [separator, list] = pair as [string, unknown];
      return ((await value(list)) as unknown[]).join(separator);
    },
    'Fn::Select': async (pair) => {
      const [index, list] = pair as [number | string, unknown];
      return ((await value(list)) as unknown[])[Number(index)];
    },
    'Fn::Sub': async (text) => await substitute(text as string),
    'Fn::GetAZs': async () => options.zones,
  };
  const value = async (given: unknown): Promise<unknown> => {
    if (Array.isArray(given)) return (await Promise.all(given.map(value))).filter((each) => each !== nothing);
    if (typeof given !== 'object' || given === null) return given;
    const entries = Object.entries(given);
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) {
      const [name, argument] = only;
      const intrinsic = intrinsics[name];
      if (intrinsic !== undefined) return await intrinsic(argument);
      if (name.startsWith('Fn::')) throw new TemplateError(`${name} is not known here`);
    }
    const values = await Promise.all(entries.map(async ([key, each]) => [key, await value(each)] as const));
    return Object.fromEntries(values.filter(([, each]) => each !== nothing));
  };
  const idsOf = (type: string) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id]) => id);

  return {
    template,
    resource,
    value,
    all: async (type) => await Promise.all(idsOf(type).map(resource)),
    async one(type, prefix) {
      const ids = idsOf(type).filter((id) => id.startsWith(prefix));
      if (ids.length !== 1)
        throw new TemplateError(
          `${ids.length} resources of ${type} are called ${prefix}…: ${ids.join(', ')}`,
        );
      return await resource(ids[0] ?? '');
    },
  };
}
