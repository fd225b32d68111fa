import type { PlainValue } from '../../core/config/yaml-value.ts';

/** What a config value may be, and what the task gets for it. */
export interface ArgumentKind<T> {
  /** Completes "must be ...", and stands in the documentation. */
  readonly name: string;
  /** The value for the task; undefined when it does not fit. */
  read(value: PlainValue): T | undefined;
}

export const text: ArgumentKind<string> = {
  name: 'a string',
  read: (value) => (typeof value === 'string' ? value : undefined),
};

export const flag: ArgumentKind<boolean> = {
  name: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

/** Seconds as people write them: whole or not, also as digits in a string. */
export const seconds: ArgumentKind<number> = {
  name: 'a number of seconds',
  read: (value) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
  },
};

export const count: ArgumentKind<number> = {
  name: 'a whole number that is not negative',
  read: (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
};

/** One string or a list of them. */
export const texts: ArgumentKind<readonly string[]> = {
  name: 'a string or a list of strings',
  read: (value) => {
    if (typeof value === 'string') return [value];
    if (!Array.isArray(value)) return undefined;
    const strings = value.filter((item) => typeof item === 'string');
    return strings.length === value.length ? strings : undefined;
  },
};

export const list: ArgumentKind<readonly PlainValue[]> = {
  name: 'a list',
  read: (value) => (Array.isArray(value) ? value : undefined),
};

export const map: ArgumentKind<{ readonly [key: string]: PlainValue }> = {
  name: 'a map',
  read: (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined),
};

/** A kind that also takes nothing at all, which is null. */
export function optional<T>(kind: ArgumentKind<T>): ArgumentKind<T | null> {
  return { name: kind.name, read: (value) => (value === null ? null : kind.read(value)) };
}

/** Either of two kinds; the first that fits is taken. */
export function either<A, B>(first: ArgumentKind<A>, second: ArgumentKind<B>): ArgumentKind<A | B> {
  return {
    name: `${first.name} or ${second.name}`,
    read: (value) => first.read(value) ?? second.read(value),
  };
}
