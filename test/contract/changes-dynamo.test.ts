import { dynamoLabCounts } from '../../adapters/aws/lab-counts.ts';
import { dynamoRunEvents } from '../../adapters/aws/run-events.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';
import { describeRunEvents } from './run-events.ts';

describeDynamo('what changes, on DynamoDB', (setup) => {
  describeRunEvents({
    name: 'DynamoDB',
    setup: async () => {
      const { place, jobs, close } = await setup();
      const tables = tablesAt(place);
      return { jobs, events: dynamoRunEvents(tables), counts: dynamoLabCounts(tables), close };
    },
  });
});
