import { expect, test } from 'vitest';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { fromPlain } from '../../core/config/yaml-value.ts';
import type { Node } from '../../core/locks/node.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import { unpreparedNodes } from './unprepared-nodes.ts';

const node = {
  name: 'container01',
  machineType: 'container',
  osType: 'debian,debian',
  osVersion: '12,11',
  arch: 'x86_64',
} as Node;
const asked = (job: object): YamlMap => fromPlain({ roles: [['a']], ...job }) as YamlMap;

test('nodes that are what the job asks for as they are need nobody to make them that', () => {
  for (const job of [{}, { os_type: 'debian' }, { os_type: 'debian', os_version: '12' }])
    expect(unpreparedNodes([node], asked(job))).toBe(null);
});

test('a node that would have to be made another system is refused with a sentence', async () => {
  const nodes = unpreparedNodes([node], asked({ os_type: 'debian', os_version: '11' }));
  const task = { log: silentLogger, signal: new AbortController().signal };
  await expect(nodes?.prepare(task)).rejects.toThrow(
    /^container01 has version 12, not 11: nobody here makes it that, /,
  );
});
