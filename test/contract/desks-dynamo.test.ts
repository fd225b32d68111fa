import { dynamoPauses } from '../../adapters/aws/pauses.ts';
import { dynamoRunReports } from '../../adapters/aws/run-reports.ts';
import { dynamoTokenStore } from '../../adapters/aws/token-store.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';
import { describePauses } from './pauses.ts';
import { describeRunReports } from './run-reports.ts';
import { describeTokenStore } from './token-store.ts';

describeDynamo('pauses, reports and tokens on DynamoDB', (setup) => {
  const withTables = async () => {
    const { place, close } = await setup();
    return { tables: tablesAt(place), close };
  };
  const name = 'DynamoDB';
  describePauses({
    name,
    setup: async () => {
      const { tables, close } = await withTables();
      return { pauses: dynamoPauses(tables), close };
    },
  });
  describeRunReports({
    name,
    setup: async () => {
      const { tables, close } = await withTables();
      return { reports: dynamoRunReports(tables), close };
    },
  });
  describeTokenStore({
    name,
    setup: async () => {
      const { tables, close } = await withTables();
      return { store: dynamoTokenStore(tables), close };
    },
  });
});
