import { relative } from 'node:path';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** Seconds that the longest files take on two idle processors. Figures that are wrong cost time and nothing else. */
export const longFiles: Readonly<Record<string, number>> = {
  'test/e2e/ceph-cluster.test.ts': 214,
  'test/e2e/ceph-cold-warm.test.ts': 140,
  'test/chaos/chaos.test.ts': 90,
  'test/chaos/mutants.test.ts': 60,
  'test/rehearsal/rehearsal.test.ts': 117,
  'test/e2e/lock-run.test.ts': 115,
  'test/e2e/container-demo.test.ts': 92,
  'test/contract/provider-docker.test.ts': 91,
  'test/e2e/worker.test.ts': 91,
  'test/contract/job-store-dynamo.test.ts': 90,
  'test/e2e/lock-words.test.ts': 82,
  'test/e2e/docker-snapshots.test.ts': 80,
  'test/e2e/demo.test.ts': 76,
  'providers/sandbox/endpoint.test.ts': 68,
  'runner/tasks/install.test.ts': 48,
  'test/contract/node-store-dynamo.test.ts': 46,
  'test/e2e/lab-deaths.test.ts': 45,
  'test/e2e/kill-words.test.ts': 45,
  'test/e2e/ceph-trouble.test.ts': 42,
  'test/e2e/lab-submission.test.ts': 40,
  'test/e2e/run-bad-input.test.ts': 35,
  'test/contract/provider-sandbox.test.ts': 34,
  'test/e2e/lab-suite.test.ts': 32,
  'test/contract/snapshots-docker.test.ts': 32,
  'test/e2e/smoke-scenario.test.ts': 29,
  'test/e2e/run-own-nodes.test.ts': 28,
  'runner/tasks/install-trouble.test.ts': 28,
  'runner/tasks/ansible-real.test.ts': 28,
  'infra/lab-props.test.ts': 26,
  'runner/remote/deadline.test.ts': 26,
  'cli/completion.test.ts': 25,
  'adapters/git/git-source.test.ts': 25,
  'runner/tasks/hosts.test.ts': 23,
  'test/e2e/container-deaths.test.ts': 19,
};
const usualSeconds = 3;

/** A file, and how long it takes; files that are `alone` wait for each other. */
interface Work {
  readonly seconds: number;
  readonly alone: boolean;
}

/**
 * The order in which so many workers are to take files so that none is left with a long one at the end, and no worker waits with a file
 * that is `alone` for another one while there is other work. Files of one length keep their order.
 */
export function fileOrder<File extends Work>(files: readonly File[], workers: number): File[] {
  const longestFirst = files.toSorted((a, b) => b.seconds - a.seconds);
  const alone = longestFirst.filter((file) => file.alone);
  const others = longestFirst.filter((file) => !file.alone);
  const freeAt = Array.from({ length: workers }, () => 0);
  let aloneUntil = 0;
  const order: File[] = [];
  while (order.length < files.length) {
    const now = Math.min(...freeAt);
    const next = (aloneUntil <= now || others.length === 0 ? alone.shift() : undefined) ?? others.shift();
    if (next === undefined) break;
    order.push(next);
    const end = Math.max(now, next.alone ? aloneUntil : 0) + next.seconds;
    freeAt[freeAt.indexOf(now)] = end;
    if (next.alone) aloneUntil = end;
  }
  return order;
}

/** Vitest wants a class. */
export class FileOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    const works = usual.map((file) => ({
      file,
      seconds: longFiles[relative(this.ctx.config.root, file.moduleId)] ?? usualSeconds,
      alone: file.project.name === 'containers',
    }));
    return fileOrder(works, Number(this.ctx.config.maxWorkers)).map(({ file }) => file);
  }
}
