import type { Task } from '../engine/task.ts';

/** Does nothing, whatever its config: for jobs that only exercise what happens around their tasks. */
export const task: Task = async () => {};
