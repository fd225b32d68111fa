import { afterEach, describe, expect, test } from 'vitest';
import { mutableCopy } from '../../core/config/mutable-document.ts';
import { YamlFloat, fromPlain } from '../../core/config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import { ScriptError } from '../../core/ports/merge-scripts.ts';
import type { ScriptInterpreter } from '../../core/ports/merge-scripts.ts';
import { pyYaml } from '../yaml/yaml.ts';
import { luaMergeScripts } from './merge-scripts.ts';
import type { LuaLimits } from './merge-scripts.ts';

const opened: ScriptInterpreter[] = [];
afterEach(() => {
  for (const interpreter of opened.splice(0)) interpreter.close();
});

async function start(params: { seed?: number | bigint; limits?: LuaLimits; logged?: string[] } = {}) {
  const log = (level: string, message: string) => params.logged?.push(`${level} ${message}`);
  const interpreter = await luaMergeScripts(params.limits).start({
    seed: params.seed ?? 0,
    yaml: pyYaml,
    log,
  });
  opened.push(interpreter);
  return interpreter;
}

/** What a script leaves of a document. */
async function after(script: string, yaml: unknown = {}): Promise<YamlMap> {
  const document = mutableCopy(fromPlain(yaml) as YamlMap);
  (await start()).load(script).run(new Map([['yaml', document]]));
  return document;
}

async function verdict(script: string): Promise<boolean> {
  return (await start()).load(script).run(new Map([['yaml', new Map()]]));
}

async function failure(script: string, yaml: unknown = {}): Promise<ScriptError> {
  const error: unknown = await after(script, yaml).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ScriptError);
  return error as ScriptError;
}

describe('a script accepts', () => {
  test.each([
    '',
    'return true',
    'return 1',
    'return "x"',
    'return true, false',
    'return {}',
    'return yaml_load("[1]")',
    'accept() error("no")',
  ])('by %j', async (script) => {
    expect(await verdict(script)).toBe(true);
  });
});

describe('a script rejects', () => {
  test.each([
    'return',
    'return nil',
    'return false',
    'return 0',
    'return 0.0',
    'return ""',
    'return py_list()',
    'reject() error("no")',
    'local function f() reject() end f()',
  ])('by %j', async (script) => {
    expect(await verdict(script)).toBe(false);
  });
});

describe('a script sees Python values', () => {
  test('lists count from 0, items are read with dots and brackets', async () => {
    const yaml = { l: ['p', 'q'], m: { k: 'v' } };
    const script =
      'yaml.first = yaml.l[0]; yaml.last = yaml.l[-1]; yaml.k = yaml.m["k"]; yaml.n = py_len(yaml.l)';
    expect(await after(script, yaml)).toEqual(fromPlain({ ...yaml, first: 'p', last: 'q', k: 'v', n: 2 }));
  });

  test('integers and floats stay apart, whatever their size', async () => {
    const script = `
      yaml.half = 7 // 2; yaml.float = 3 / 1; yaml.power = 2^53; yaml.max = math.maxinteger
      yaml.same = yaml.given; yaml.text = tostring(yaml.given); yaml.whole = yaml.one + 1; yaml.inf = math.huge`;
    const document = mutableCopy(
      new Map<string, YamlValue>([
        ['given', new YamlFloat(8)],
        ['one', 1],
      ]),
    );
    (await start()).load(script).run(new Map([['yaml', document]]));
    expect(Object.fromEntries(document)).toEqual({
      given: new YamlFloat(8),
      one: 1,
      half: 3,
      float: new YamlFloat(3),
      power: new YamlFloat(2 ** 53),
      max: 9223372036854775807n,
      same: new YamlFloat(8),
      text: '8.0',
      whole: 2,
      inf: Infinity,
    });
  });

  test('null is nil, and setting nil keeps the key', async () => {
    expect(await after('if yaml.gone == nil then yaml.here = nil end', { gone: null, here: 1 })).toEqual(
      fromPlain({ gone: null, here: null }),
    );
  });

  test('any text passes, with nul and beyond the basic plane', async () => {
    const text = 'a\0b\u0001c\u{1f40d}é';
    expect(
      await after('yaml.copy = yaml.text .. "|"; yaml[yaml.text] = py_len(yaml.text)', { text }),
    ).toEqual(fromPlain({ text, copy: `${text}|`, [text]: 7 }));
  });

  test('methods are reached through py_attrgetter', async () => {
    const script = `
      local m, l = py_attrgetter(yaml.m), py_attrgetter(yaml.l)
      l.append("z"); l.extend(yaml.l); l.insert(0, "first"); l.remove("b"); yaml.popped = l.pop()
      yaml.at, yaml.count = l.index("z"), l.count("z")
      yaml.none = tostring(m.get("zz")); yaml.other = m.get("zz", 5); yaml.has = m.__contains__("k")
      m.update(py_dict()); m.setdefault("new", py_list()); yaml.gone = m.pop("k"); yaml.left = py_len(yaml.m)`;
    expect(await after(script, { l: ['a', 'b'], m: { k: 'v' } })).toEqual(
      fromPlain({
        l: ['first', 'a', 'z', 'a', 'b'],
        m: { new: [] },
        popped: 'z',
        at: 2,
        count: 1,
        none: 'nil',
        other: 5,
        has: true,
        gone: 'v',
        left: 1,
      }),
    );
  });

  test('iterators walk lists, keys and pairs', async () => {
    const script = `
      local s = ""
      for i, v in py_enumerate(yaml.l) do s = s .. i .. v end
      for k in py_iterex(yaml.m) do s = s .. k end
      for k, v in py_iterex(py_attrgetter(yaml.m).items()) do s = s .. k .. v end
      for v in py_iterex(py_tuple(yaml.l)) do s = s .. v end
      yaml.s = s`;
    expect((await after(script, { l: ['p', 'q'], m: { a: 1, b: 2 } })).get('s')).toBe('0p1qaba1b2pq');
  });

  test('deep_merge works in place and shares the elements of lists', async () => {
    const script = `
      local extra = yaml_load("{l: [{x: 1}], m: {b: 2}}")
      deep_merge(yaml, extra)
      extra.l[0].x = 9
      extra.m.b = 9`;
    expect(await after(script, { l: [0], m: { a: 1 } })).toEqual(
      fromPlain({ l: [0, { x: 9 }], m: { a: 1, b: 2 } }),
    );
  });

  test('a Lua table in a document is usable in its script and leaves a mark', async () => {
    const script =
      'yaml.t = {1, 2}; yaml.second = yaml.t[2]; yaml.f = function() return 7 end; yaml.seven = yaml.f()';
    expect(await after(script)).toEqual(
      fromPlain({ t: { '!other': '_LuaTable' }, second: 2, f: { '!other': '_LuaFunction' }, seven: 7 }),
    );
  });

  test('tostring is that of Python', async () => {
    const yaml = { l: [null, true, "it's", { a: 1.5 }] };
    expect((await after('yaml.s = tostring(yaml.l)', yaml)).get('s')).toBe(
      `[None, True, "it's", {'a': 1.5}]`,
    );
  });

  test('what it logs arrives with its level', async () => {
    const logged: string[] = [];
    const interpreter = await start({ logged });
    interpreter.load('log.debug("one"); log:warning("two"); log.error(3)').run(new Map());
    expect(logged).toEqual(['debug one', 'warn two', 'error 3']);
  });
});

describe('errors', () => {
  test.each([
    ['if then', 'LuaError', "unexpected symbol near 'then'"],
    ['error("boom")', 'LuaError', '[string "teuthology"]:1: boom'],
    ['\nlocal x = nil; x.y = 1', 'LuaError', '[string "teuthology"]:2: attempt to index a nil value'],
    ['assert(false, "nope")', 'LuaError', 'nope'],
    ['local a = 1\nyaml.a.b.c = a', 'KeyError', '[string "teuthology"]:2: KeyError: \'a\''],
    ['x = yaml.l[5]', 'IndexError', 'list index out of range'],
    ['x = yaml.l.append', 'TypeError', 'list indices must be integers'],
    ['py_attrgetter(yaml).frob()', 'AttributeError', "'dict' object has no attribute 'frob'"],
    ['py_attrgetter(yaml.l).remove(7)', 'ValueError', '7 is not in list'],
    ['deep_merge(yaml.l, py_dict())', 'AssertionError', 'cannot merge'],
    ['yaml_load("[")', 'YAMLError', 'yaml_load:1'],
    ['py_tuple(yaml.l)[0] = 1', 'TypeError', "'tuple' object does not support item assignment"],
    ['yaml[yaml.l] = 1', 'TypeError', "unhashable type: 'list'"],
    ['yaml()', 'TypeError', 'not callable'],
    ['for k in pairs(yaml) do end', 'LuaError', 'table expected, got userdata'],
    ['x = #yaml.l', 'LuaError', 'attempt to get length of a userdata value'],
    ['return 1 -- comment', 'LuaError', "'end' expected"],
  ])('of %j are a %s', async (script, originalError, message) => {
    const error = await failure(script, { l: [1] });
    expect(error.message).toContain(message);
    expect(error.originalError).toBe(originalError);
  });

  test('leave the interpreter usable', async () => {
    const interpreter = await start();
    for (let i = 0; i < 3; i++) {
      expect(() => interpreter.load('yaml.missing.x = 1').run(new Map([['yaml', new Map()]]))).toThrow(
        ScriptError,
      );
      expect(interpreter.load('return true').run(new Map())).toBe(true);
    }
  });
});

describe('the sandbox', () => {
  test.each([
    'type',
    'select',
    'print',
    'pcall',
    'load',
    'loadstring',
    'dofile',
    'require',
    'setmetatable',
    'getmetatable',
    'rawget',
    'rawset',
    'rawequal',
    'table',
    'utf8',
    'coroutine',
    'os',
    'io',
    'debug',
    'package',
    '_G',
    'python',
    'collectgarbage',
  ])('has no %s', async (name) => {
    expect(await verdict(`return ${name} == nil`)).toBe(true);
  });

  test('stops a script that does not end, and goes on', async () => {
    const interpreter = await start({ limits: { instructions: 200_000, bytes: 16 * 1024 * 1024 } });
    for (const endless of [
      'while true do end',
      'local function f() return f() end f()',
      'for i in py_iterex(yaml_load("[1]")) do repeat until false end',
    ]) {
      expect(() => interpreter.load(endless).run(new Map())).toThrow('stopped after 200000 instructions');
    }
    expect(interpreter.load('return true').run(new Map())).toBe(true);
  });

  test('bounds the memory of a script, and goes on', async () => {
    const interpreter = await start({ limits: { instructions: 100_000_000, bytes: 16 * 1024 * 1024 } });
    for (const greedy of ['return string.rep("x", 1 << 30)', 'local s = "x" while true do s = s .. s end']) {
      expect(() => interpreter.load(greedy).run(new Map())).toThrow(/not enough memory/);
    }
    expect(interpreter.load('return true').run(new Map())).toBe(true);
  });

  test('keeps scripts apart: globals and changed libraries stay with the script', async () => {
    const interpreter = await start();
    interpreter.load('leak = 1; string.upper = nil; math.floor = nil; log.info = nil').run(new Map());
    expect(
      interpreter
        .load('return leak == nil and string.upper("a") == "A" and math.floor(1.5) == 1 and log.info')
        .run(new Map()),
    ).toBe(true);
  });

  test('a script that was loaded before another still runs as itself', async () => {
    const interpreter = await start();
    const [no, yes] = [interpreter.load('return false'), interpreter.load('return true')];
    expect([no.run(new Map()), yes.run(new Map()), yes.run(new Map())]).toEqual([false, true, true]);
  });
});

describe('random numbers', () => {
  test('are those of Lua 5.4 for the seed, shared by all scripts', async () => {
    const interpreter = await start({ seed: 1 });
    const drawn: YamlValue[] = [];
    for (let i = 0; i < 5; i++) {
      const yaml: Map<string, YamlValue> = new Map();
      interpreter.load('yaml.r = math.random(1000)').run(new Map([['yaml', yaml]]));
      drawn.push(yaml.get('r') ?? null);
    }
    expect(drawn).toEqual([414, 488, 418, 685, 983]);
    const again = await start({ seed: 1 });
    const yaml: Map<string, YamlValue> = new Map();
    again.load('yaml.r = math.random(1000)').run(new Map([['yaml', yaml]]));
    expect(yaml.get('r')).toBe(drawn[0]);
  });
});

describe('patterns', () => {
  test.each([
    ['fsx-', 's/fs/x.yaml', true],
    ['/a-b.yaml', 'g/a-b.yaml', false],
    ['/a-b.yaml', 'g/aab.yaml', true],
    ['three%-x.yaml', 'f/three-x.yaml', true],
    ['^g/.*c%.yaml$', 'g/a-c.yaml', true],
  ])('%s is found in %s: %s', async (pattern, text, found) => {
    expect((await start()).finds(pattern, text)).toBe(found);
  });

  test.each(['[', '%', '(x'])('%s is malformed', async (pattern) => {
    const interpreter = await start();
    expect(() => interpreter.finds(pattern, 'text x')).toThrow(ScriptError);
    expect(interpreter.finds('x', 'text')).toBe(true);
  });
});
