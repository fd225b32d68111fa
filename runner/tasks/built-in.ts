import type { TaskModules } from '../engine/task-registry.ts';

/** Every task that ships, by the name of its module; a module is loaded when a job first names it. */
export const builtInTasks = {
  ansible: () => import('./ansible.ts'),
  background_exec: () => import('./background_exec.ts'),
  ceph: () => import('./ceph.ts'),
  clock: () => import('./clock.ts'),
  dump_ctx: () => import('./dump_ctx.ts'),
  exec: () => import('./exec.ts'),
  full_sequential: () => import('./full_sequential.ts'),
  full_sequential_finally: () => import('./full_sequential_finally.ts'),
  install: () => import('./install.ts'),
  interactive: () => import('./interactive.ts'),
  internal: () => import('./internal.ts'),
  localdir: () => import('./localdir.ts'),
  loop: () => import('./loop.ts'),
  nop: () => import('./nop.ts'),
  parallel: () => import('./parallel.ts'),
  parallel_example: () => import('./parallel_example.ts'),
  pexec: () => import('./pexec.ts'),
  print: () => import('./print.ts'),
  sequential: () => import('./sequential.ts'),
  sleep: () => import('./sleep.ts'),
  ssh_keys: () => import('./ssh_keys.ts'),
  tests: () => import('./tests.ts'),
  timer: () => import('./timer.ts'),
  workunit: () => import('./workunit.ts'),
} as const satisfies TaskModules;
