import { ScriptError } from '../../core/ports/merge-scripts.ts';
import type { LoadedScript, MergeScripts, ScriptInterpreter } from '../../core/ports/merge-scripts.ts';
import { border, escape } from './border.ts';
import { scriptHost } from './host.ts';
import type { Host } from './host.ts';
import { prelude } from './prelude.ts';

export interface LuaLimits {
  readonly instructions: number; // of one script
  readonly bytes: number; // of one interpreter
}

const defaultLimits: LuaLimits = { instructions: 5_000_000, bytes: 64 * 1024 * 1024 };

type LuaFunction = (...operands: string[]) => string;

/**
 * Merge scripts in Lua 5.4. The WebAssembly module is loaded at the first start, which takes some 50 ms. Scripts are bounded in
 * instructions and memory; a single call of a library function cannot be interrupted, only its memory is bounded.
 */
export function luaMergeScripts(limits: LuaLimits = defaultLimits): MergeScripts {
  return {
    start: async ({ seed, yaml, log }) => {
      const { LuaFactory } = await import('wasmoon');
      const engine = await new LuaFactory().createEngine({ enableProxy: false, traceAllocations: true });
      engine.global.setMemoryMax(limits.bytes);
      const values = border();
      const host = scriptHost({ border: values, yaml, log });
      engine.doStringSync(`math.randomseed(${BigInt(seed)})`);
      engine.global.loadString(prelude, '=prelude');
      engine.global.pushValue(host.call);
      engine.global.pushValue(limits.instructions);
      const functions = engine.global.runSync(2) as unknown as [LuaFunction, LuaFunction, LuaFunction];
      return interpreter({ functions, host, values, close: () => engine.global.close() });
    },
  };
}

function interpreter(params: {
  functions: readonly [load: LuaFunction, run: LuaFunction, find: LuaFunction];
  host: Host;
  values: ReturnType<typeof border>;
  close: () => void;
}): ScriptInterpreter {
  const { host, values } = params;
  const [load, run, find] = params.functions;
  let current: LoadedScript | null = null; // the one that Lua has loaded
  let open = true;
  return {
    load: (text) => {
      answer(() => load(escape(text)), host);
      const script: LoadedScript = {
        run: (variables) => {
          if (current !== script) answer(() => load(escape(text)), host);
          values.reset();
          const operands = [...variables].flatMap(([name, value]) => [name, values.toLua(value)]);
          current = null;
          return answer(() => run(...operands), host);
        },
      };
      current = script;
      return script;
    },
    finds: (pattern, text) => answer(() => find(escape(pattern), escape(text)), host),
    close: () => {
      if (open) params.close();
      open = false;
    },
  };
}

/** Lua answers t, f, or ! with a message; when the host caused the failure, its error says more than the message. */
function answer(ask: () => string, host: Host): boolean {
  const text = said(ask);
  const failure = host.takeFailure();
  if (!text.startsWith('!')) return text === 't';
  const message = text.slice(1);
  if (failure === null) throw new ScriptError({ message, originalError: 'LuaError' });
  throw new ScriptError({ message, originalError: failure.originalError, cause: failure });
}

/** Running out of memory can end Lua outside of any protected call. */
function said(ask: () => string): string {
  try {
    return ask();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ScriptError({ message, originalError: 'LuaError', cause });
  }
}
