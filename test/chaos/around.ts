/** What happens around each call of a port: it decides whether, when and how often `call` is made. */
export type Around = (call: {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly make: () => Promise<unknown>;
}) => Promise<unknown>;

/** A port with something around each of its methods; fields that are no methods are passed through. */
export function around<Port extends object>(port: Port, act: Around): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        act({
          method: String(key),
          args,
          make: async () => (await Reflect.apply(member, target, args)) as unknown,
        });
    },
  });
}
