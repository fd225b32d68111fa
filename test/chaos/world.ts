import { join } from 'node:path';
import { openDatabase } from '../../adapters/embedded/database.ts';
import type { Database } from '../../adapters/embedded/database.ts';
import { sqliteAuditLog } from '../../adapters/embedded/audit-log.ts';
import { sqliteHolds } from '../../adapters/embedded/holds.ts';
import { sqlitePauses } from '../../adapters/embedded/pauses.ts';
import { sqliteJobDurations } from '../../adapters/embedded/job-durations.ts';
import { sqliteJobStore } from '../../adapters/embedded/job-store.ts';
import { sqliteNodeEvidence } from '../../adapters/embedded/node-evidence.ts';
import { sqliteRunReports } from '../../adapters/embedded/run-reports.ts';
import { sqliteNodeStore } from '../../adapters/embedded/node-store.ts';
import type { AuditLog } from '../../core/ports/audit.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Holds } from '../../core/ports/holds.ts';
import type { Pauses } from '../../core/ports/pauses.ts';
import type { JobDurations } from '../../core/ports/job-durations.ts';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import type { RunReports } from '../../core/ports/run-reports.ts';
import type { NodeEvidence } from '../../core/ports/node-evidence.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import type { RunnerStores } from '../../adapters/http/job-store.ts';
import { around } from './around.ts';
import { faults, unreliable } from './faults.ts';
import type { Faults } from './faults.ts';
import { fragileDatabase } from './fragile-database.ts';
import { history } from './history.ts';
import type { History } from './history.ts';
import { rng } from './rng.ts';
import type { Rng } from './rng.ts';
import type { Door } from './sim-door.ts';
import type { SimProcess } from './sim-process.ts';
import { virtualTime } from './virtual-time.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Stores {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly pauses: Pauses;
  readonly reports: RunReports;
}

/** Whose connection it is; `door` is a lab's, for what workers ask over HTTP. */
export type StoreKind = 'lab' | 'door' | 'runner' | 'person';

/** Breaks stores on purpose, to show that the checker sees it. */
export type Mutation = (stores: Stores, kind: StoreKind) => Stores;

/** The same for what all stores stand on. */
export type DatabaseMutation = (database: Database) => Database;

/** A runner of the simulated world, dead ones included. */
export interface RunnerEntry {
  readonly process: SimProcess;
  readonly pid: string; // how it names itself
  readonly stores: RunnerStores;
  readonly attempt: AttemptRef;
  readonly asked: AbortController; // told to unwind
  unreachable: boolean; // nobody can say whether it lives
}

/** Everything that the inhabitants of one simulated world share. */
export interface World {
  readonly file: string; // the database
  readonly seed: string;
  readonly time: VirtualTime;
  readonly clock: Clock & { offsetMs: number }; // the machine's, which can be set
  readonly rng: Rng;
  readonly faults: Faults;
  readonly history: History;
  readonly runners: Map<string, RunnerEntry>;
  readonly hostKeys: Map<string, string>; // what the nodes show that were made as new, by name
  readonly doors: Set<Door>; // of the labs that are up
  readonly listeners: { poke: Set<(machineType: string) => void>; exit: Set<() => void> };
  readonly audit: AuditLog;
  /** The stores as one process sees them: through a line of its own on a connection shared by its kind. */
  stores(
    process: SimProcess,
    params: { kind: StoreKind; mortal: boolean },
  ): Stores & {
    readonly durations: JobDurations;
    readonly evidence: NodeEvidence;
    readonly holds: Holds;
  };
  /** A port behind a line of the process's own. */
  behindLine<Port extends object>(
    process: SimProcess,
    params: { port: Port; prefix: string; mortal: boolean },
  ): Port;
  close(): void;
}

const beginning = Date.UTC(2026, 0, 1);

/** A world in a folder, with nothing in it but real stores. Each kind of process has a connection of its own. */
export function createWorld(params: {
  folder: string;
  seed: string;
  mutation?: Mutation | null;
  databaseMutation?: DatabaseMutation | null;
}): World {
  const file = join(params.folder, 'lab.db');
  const time = virtualTime();
  const random = rng(params.seed);
  const clock = { offsetMs: 0, now: () => beginning + Math.floor(time.now()) + clock.offsetMs };
  const past = history(() => time.now());
  const trouble = faults(random.fork('faults'));
  const lines = random.fork('lines');
  const open = () => (params.databaseMutation ?? ((database) => database))(openDatabase(file));
  const lab = open();
  const databases = { lab, door: lab, runner: open(), person: open() };
  const mutate: Mutation = params.mutation ?? ((stores) => stores);
  const behindLine: World['behindLine'] = (process, { port, prefix, mortal }) =>
    around(port, unreliable({ process, mortal, prefix, faults: trouble, rng: lines, time }));
  return {
    file,
    seed: params.seed,
    time,
    clock,
    rng: random,
    faults: trouble,
    history: past,
    runners: new Map(),
    hostKeys: new Map(),
    doors: new Set(),
    listeners: { poke: new Set(), exit: new Set() },
    audit: sqliteAuditLog(databases.person),
    stores(process, { kind, mortal }) {
      const database = fragileDatabase(databases[kind], { process, mortal, faults: trouble });
      const { jobs, nodes, pauses, reports } = mutate(
        {
          jobs: sqliteJobStore(database),
          nodes: sqliteNodeStore(database),
          pauses: sqlitePauses(database),
          reports: sqliteRunReports(database),
        },
        kind,
      );
      const who = process.name;
      const seen = {
        jobs: past.tap(jobs, { who, prefix: 'jobs' }),
        nodes: past.tap(nodes, { who, prefix: 'nodes' }),
      };
      return {
        jobs: behindLine(process, { port: seen.jobs, prefix: 'jobs', mortal }),
        nodes: behindLine(process, { port: seen.nodes, prefix: 'nodes', mortal }),
        holds: behindLine(process, { port: sqliteHolds(database), prefix: 'holds', mortal }),
        pauses: behindLine(process, { port: pauses, prefix: 'pauses', mortal }),
        reports: behindLine(process, { port: reports, prefix: 'reports', mortal }),
        evidence: behindLine(process, { port: sqliteNodeEvidence(database), prefix: 'evidence', mortal }),
        durations: behindLine(process, { port: sqliteJobDurations(database), prefix: 'durations', mortal }),
      };
    },
    behindLine,
    close: () => new Set(Object.values(databases)).forEach((database) => database.close()),
  };
}
