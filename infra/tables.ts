import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Attribute } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });

const kept = {
  partitionKey: text('pk'),
  sortKey: text('sk'),
  billingMode: BillingMode.PAY_PER_REQUEST,
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  deletionProtection: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

/** Attributes of the indexes of the results table; the shapes are those of `adapters/aws/table-shapes.ts`. */
const indexes = [
  { name: 'queue', partition: 'queuePk', sort: 'queueSk', include: [] },
  { name: 'by-run', partition: 'runPk', sort: 'idSk', include: ['status'] },
  { name: 'by-status', partition: 'statusPk', sort: 'idSk', include: [] },
  { name: 'expiring', partition: 'expiringPk', sort: 'expiringSk', include: [] },
];

/** The two tables: `nodes` holds the inventory and its locks, `results` runs, jobs and their queue. They outlive the stack. */
export class Tables extends Construct {
  readonly nodes: Table;
  readonly results: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.nodes = new Table(this, 'Nodes', kept);
    this.results = new Table(this, 'Results', { ...kept, timeToLiveAttribute: 'goneAt' });
    for (const { name, partition, sort, include } of indexes) {
      const projection =
        include.length > 0
          ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: include }
          : { projectionType: ProjectionType.KEYS_ONLY };
      this.results.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: text(partition),
        sortKey: text(sort),
        ...projection,
      });
    }
  }
}

/** The ARNs of the results table and each of its indexes. */
export function withIndexes(results: Table): string[] {
  return [results.tableArn, ...indexes.map(({ name }) => `${results.tableArn}/index/${name}`)];
}
