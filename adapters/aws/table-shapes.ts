/** What the two tables must be, for whoever makes them. All keys are text; throughput is paid by request. */

export interface TableShape {
  readonly partitionKey: 'pk';
  readonly sortKey: 'sk';
  readonly timeToLive: 'goneAt'; // epoch seconds; items without it stay
  readonly indexes: readonly IndexShape[];
}

export interface IndexShape {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly include: readonly string[]; // beside the keys; none = keys only
}

/** Who locks are given to and what happened to them; see keys.ts. */
export const nodesTable: TableShape = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'goneAt',
  indexes: [],
};

/** Runs, jobs and their queue; see keys.ts. An index holds no more than what saves a read of the job. */
export const resultsTable: TableShape = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'goneAt',
  indexes: [
    { name: 'queue', partitionKey: 'queuePk', sortKey: 'queueSk', include: [] },
    { name: 'by-run', partitionKey: 'runPk', sortKey: 'idSk', include: ['status'] },
    { name: 'by-status', partitionKey: 'statusPk', sortKey: 'idSk', include: [] },
    { name: 'expiring', partitionKey: 'expiringPk', sortKey: 'expiringSk', include: [] },
  ],
};
