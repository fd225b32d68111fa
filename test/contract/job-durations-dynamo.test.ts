import { dynamoJobDurations } from '../../adapters/aws/job-durations.ts';
import { describeDynamo } from './describe-dynamo.ts';
import { tablesAt } from './dynamo-client.ts';
import { describeJobDurations } from './job-durations.ts';

describeDynamo('job durations on DynamoDB', (setup) => {
  describeJobDurations({
    name: 'DynamoDB',
    setup: async () => {
      const { place, jobs, nodes, close } = await setup();
      return { jobs, nodes, durations: dynamoJobDurations(tablesAt(place)), close };
    },
  });
});
