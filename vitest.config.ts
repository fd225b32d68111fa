import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { FileOrder } from './test/file-order.ts';

/**
 * Three files at a time on two processors: most tests wait for processes, hosts or an engine, and all kinds of them run beside each other. It is
 * said for each project, since Vitest starts files of different projects together only where that agrees.
 */
const maxWorkers = Math.max(3, availableParallelism() - 1);

/** End to end on a container engine: each of them wants the engine for itself. */
const containers = ['test/e2e/{ceph-*,container-*,docker-*}.test.ts', 'test/e2e/run-own-nodes.test.ts'];

/** Unit tests sit beside their source; the wider kinds live in test/, one project each, so that one kind can be run alone. */
export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: FileOrder },
    projects: [
      {
        test: {
          name: 'unit',
          maxWorkers,
          include: ['{core,adapters,providers,runner,api,cli,web}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'aws',
          maxWorkers,
          include: ['{infra,lambdas}/**/*.test.ts', 'test/rehearsal/**/*.test.ts'],
          globalSetup: ['test/fixtures/assembly.ts'], // synthesizes the stack once for all of them
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'contract',
          maxWorkers,
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'golden',
          maxWorkers,
          include: ['test/golden/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/{e2e,chaos}/**/*.test.ts'],
          exclude: containers,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'containers',
          include: containers,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers,
          setupFiles: ['test/one-at-a-time.ts'],
        },
      },
    ],
  },
});
