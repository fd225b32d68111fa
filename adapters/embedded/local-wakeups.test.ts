import { expect, test } from 'vitest';
import { localWakeups } from './local-wakeups.ts';

const soon = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('pokes reach every listener, once for each machine type', async () => {
  const wakeups = localWakeups();
  const heard: string[] = [];
  const stop = wakeups.listen((type) => heard.push(`one ${type}`));
  wakeups.listen((type) => heard.push(`two ${type}`));
  await wakeups.poke('box');
  await wakeups.poke('box');
  await wakeups.poke('rack');
  expect(heard).toEqual([]);
  await soon();
  expect(heard.sort()).toEqual(['one box', 'one rack', 'two box', 'two rack']);
  stop();
  await wakeups.poke('box');
  await soon();
  expect(heard.filter((line) => line === 'two box')).toHaveLength(2);
  expect(heard.filter((line) => line === 'one box')).toHaveLength(1);
});
