/** A port that is opened when it is first used, so that a process which never does so needs nothing for it. */
export function lazy<Port extends object>(open: () => Port): Port {
  let opened: Port | null = null;
  return new Proxy({} as Port, {
    get: (_, name) => Reflect.get((opened ??= open()), name) as unknown,
    has: (_, name) => Reflect.has((opened ??= open()), name),
  });
}
