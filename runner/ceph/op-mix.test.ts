import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpMix } from './op-mix.ts';
import type { Op } from './op-mix.ts';
import { seededRandom } from './random.ts';

/** A fake of the `rados` tool whose pool is a folder. */
const fakeRados = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
case $1 in
  put) cat >"obj.$2" ;;
  append) cat >>"obj.$2" ;;
  get) cat "obj.$2" ;;
  rm) rm "obj.$2" ;;
  stat) test -e "obj.$2" ;;
esac
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-ops-'));
  writeFileSync(join(folder, 'rados'), fakeRados, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function draw(seed: number, count: number): Op[] {
  const next = createOpMix({
    random: seededRandom(seed),
    rados: join(folder, 'rados'),
    prefix: `s${seed}`,
    objects: 5,
    size: 3000,
    weights: { read: 100, write: 100, append: 50, delete: 50 },
  });
  return Array.from({ length: count }, next);
}

function passes(op: Op): boolean {
  try {
    execFileSync('bash', ['-c', op.shell], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a mix of operations', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(draw(3, 50)).toEqual(draw(3, 50));
    expect(draw(3, 50)).not.toEqual(draw(4, 50));
  });

  test('passes on a store that keeps what it is given', () => {
    const ops = draw(1, 60);
    expect(new Set(ops.map(({ name }) => name))).toEqual(new Set(['read', 'write', 'append', 'delete']));
    expect(ops.filter((op) => !passes(op))).toEqual([]);
  });

  test('sees what a store has changed', () => {
    const failed = draw(2, 60).some((op) => {
      const passed = passes(op);
      if (op.name === 'write') writeFileSync(join(folder, `obj.${op.object}`), 'something else');
      return op.name === 'read' && !passed;
    });
    expect(failed).toBe(true);
  });
});
