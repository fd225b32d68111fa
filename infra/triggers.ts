import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import type { Queues } from './queues.ts';

interface TriggersProps {
  readonly functions: Functions;
  readonly queues: Queues;
  readonly cluster: string; // ARN
}

/** What sets the functions off: queues, the end of a runner, and the clock, for whatever no message told. */
export class Triggers extends Construct {
  constructor(scope: Construct, id: string, { functions, queues, cluster }: TriggersProps) {
    super(scope, id);
    functions.scheduleSuite.function.addEventSource(
      new SqsEventSource(queues.submissions.queue, {
        batchSize: 1,
        maxConcurrency: 5,
        reportBatchItemFailures: true,
      }),
    );
    functions.dispatch.function.addEventSource(
      new SqsEventSource(queues.wakeups.queue, { batchSize: 10, reportBatchItemFailures: true }),
    );
    functions.onRunnerStopped.function.addEventSource(
      new SqsEventSource(queues.events.queue, { batchSize: 10, reportBatchItemFailures: true }),
    );
    new Rule(this, 'RunnerStopped', {
      description: 'A runner of the lab has ended',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [cluster], lastStatus: ['STOPPED'] },
      },
      targets: [new SqsQueue(queues.events.queue)],
    });
    const minute = Schedule.rate(Duration.minutes(1));
    for (const [name, schedule, target] of [
      ['Dispatch', minute, functions.dispatch],
      ['Sweep', minute, functions.sweep],
      ['Notify', minute, functions.notify],
      ['Retention', Schedule.cron({ hour: '3', minute: '20' }), functions.retention],
    ] as const)
      new Rule(this, name, {
        schedule,
        // A pass that was missed is made up for by the next.
        targets: [new LambdaFunction(target.function, { retryAttempts: 0 })],
      });
  }
}
