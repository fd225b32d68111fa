import type { Database } from '../../adapters/embedded/database.ts';
import { SimulatedFault } from './faults.ts';
import type { Faults } from './faults.ts';
import type { SimProcess } from './sim-process.ts';

/**
 * A connection that fails in the middle of what changes several rows: after a statement that has worked, and just before the
 * commit. Everything must be undone then. Sometimes the process dies of it, so that nobody ever learns.
 */
export function fragileDatabase(
  database: Database,
  { process, mortal, faults }: { process: SimProcess; mortal: boolean; faults: Faults },
): Database {
  let depth = 0;
  const breaks = (where: string) => {
    if (depth === 0 || !faults.hit(`store fails ${where}`, 0.002)) return;
    if (mortal && faults.hit('and its caller dies of it', 0.3)) process.kill();
    throw new SimulatedFault(`the disk failed ${where}`);
  };
  return {
    ...database,
    run(sql, ...values) {
      const changed = database.run(sql, ...values);
      breaks('in the middle of a transaction');
      return changed;
    },
    transaction: (body) =>
      database.transaction(() => {
        depth += 1;
        try {
          const result = body();
          if (depth === 1) breaks('before a commit');
          return result;
        } finally {
          depth -= 1;
        }
      }),
  };
}
