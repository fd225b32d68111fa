import { describeDynamo } from './describe-dynamo.ts';
import { describeNodeStore } from './node-store.ts';

describeDynamo('node store on DynamoDB', (setup) => describeNodeStore({ name: 'DynamoDB', setup }));
