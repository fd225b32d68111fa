import { describeDynamo } from './describe-dynamo.ts';
import { describeJobStore } from './job-store.ts';

describeDynamo('job store on DynamoDB', (setup) => describeJobStore({ name: 'DynamoDB', setup }));
