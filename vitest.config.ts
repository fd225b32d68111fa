import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** A machine with two processors works on two files at once: many tests wait for processes, and vitest alone would leave one idle. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

/** End to end on a container engine: each of them wants the machine for itself. */
const containers = [
  'test/e2e/{ceph-*,container-*,docker-*}.test.ts',
  'test/e2e/{lab-demo,run-own-nodes}.test.ts',
];

/** Unit tests sit beside their source; the wider kinds live in test/, one project each, so that one kind can be run alone. */
export default defineConfig({
  test: {
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
          maxWorkers: 2, // each of them has a lab with processes of its own
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'containers',
          include: containers,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
