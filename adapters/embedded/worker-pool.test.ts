import { describeWorkers } from '../../test/contract/workers.ts';
import { workerPool } from './worker-pool.ts';

describeWorkers({
  name: 'in the process of the lab',
  setup: async (lab) => ({ ...workerPool({ machineTypes: ['box'], ...lab }), close: async () => undefined }),
});
