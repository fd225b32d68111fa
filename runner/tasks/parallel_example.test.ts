import { expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';

test('parallel_example runs on all clients, first at once and then in turn', async () => {
  const bench = await startJobBench(2);
  try {
    const { status, lines } = await bench.run(
      'roles: [[client.0], [client.1]]\ntasks: [{parallel_example: null}]',
    );
    expect(status).toBe('pass');
    const hosts = lines.flatMap((line) => /\.stdout:(target\d)$/.exec(line)?.[1] ?? []);
    expect(hosts.slice(0, 2).sort()).toEqual(['target1', 'target2']);
    expect(hosts.slice(2)).toEqual(['target1', 'target2']);
  } finally {
    await bench.stop();
  }
});
