import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import type { LabFunction } from './lab-function.ts';
import type { LabProps } from './lab-props.ts';
import type { Queues } from './queues.ts';
import type { Tables } from './tables.ts';

interface WatchProps {
  readonly lab: Pick<LabProps, 'name' | 'alarmEmail' | 'monthlyBudget'>;
  readonly queues: Queues;
  readonly functions: Functions;
  readonly tables: Tables;
}

/** Dashboard, alarms and budget. An alarm means that a person should look; what mends itself raises none. */
export class Watch extends Construct {
  readonly #topic: Topic;

  constructor(scope: Construct, id: string, { lab, queues, functions, tables }: WatchProps) {
    super(scope, id);
    this.#topic = new Topic(this, 'Alarms', { enforceSSL: true });
    if (lab.alarmEmail !== null) this.#topic.addSubscription(new EmailSubscription(lab.alarmEmail));
    const all = Object.values(functions) as LabFunction[];
    for (const { queue, deadLetters, mostAgeSeconds } of queues.all()) {
      this.#alarm(
        `${queue.node.id}-dead-letters`,
        'Messages that nobody could handle',
        0,
        deadLetters.metricApproximateNumberOfMessagesVisible(),
      );
      this.#alarm(
        `${queue.node.id}-age`,
        'A message waits too long',
        mostAgeSeconds,
        queue.metricApproximateAgeOfOldestMessage({ statistic: 'max' }),
      );
    }
    for (const each of all)
      this.#alarm(
        `${each.node.id}-errors`,
        `Calls of ${each.node.id} fail`,
        5,
        each.function.metricErrors({ period: Duration.minutes(15) }),
      );
    this.#alarm(
      'sweeper-away',
      'The sweeper has not run for five minutes',
      0,
      this.#missing(functions.sweep),
    );
    const dead = this.#deadJobs(functions.notify);
    this.#alarm('dead-jobs', 'Many jobs end dead: look at the nodes', 20, dead);
    const throttled = new MathExpression({
      label: 'throttled requests',
      expression: 'a + b',
      usingMetrics: {
        a: tables.nodes.metric('WriteThrottleEvents', { statistic: 'sum' }),
        b: tables.results.metric('WriteThrottleEvents', { statistic: 'sum' }),
      },
    });
    this.#alarm('throttled', 'The tables refuse writes for their rate', 50, throttled);
    new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          graph(
            'Oldest message (s)',
            queues.all().map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
          ),
          graph(
            'Dead letters',
            queues.all().map(({ deadLetters }) => deadLetters.metricApproximateNumberOfMessagesVisible()),
          ),
        ],
        [
          graph(
            'Errors',
            all.map((each) => each.function.metricErrors()),
          ),
          graph(
            'Duration (ms)',
            all.map((each) => each.function.metricDuration({ statistic: 'p99' })),
          ),
        ],
        [graph('Dead jobs', [dead]), graph('Throttled writes', [throttled])],
      ],
    });
    if (lab.monthlyBudget !== null && lab.alarmEmail !== null)
      this.#budget(lab.monthlyBudget, lab.alarmEmail);
  }

  #alarm(id: string, description: string, above: number, metric: IMetric): void {
    new Alarm(this, id, {
      metric,
      threshold: above,
      alarmDescription: description,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.#topic));
  }

  /** 1 where a function was not called at all in five minutes. */
  #missing(target: LabFunction): MathExpression {
    return new MathExpression({
      label: 'no calls',
      expression: 'IF(FILL(calls, 0) < 1, 1, 0)',
      usingMetrics: { calls: target.function.metricInvocations({ period: Duration.minutes(5) }) },
      period: Duration.minutes(5),
    });
  }

  /** Counted from the lines by which the notifier says how a run ended. */
  #deadJobs(notify: LabFunction): IMetric {
    return new MetricFilter(this, 'DeadJobs', {
      logGroup: notify.function.logGroup,
      filterPattern: FilterPattern.exists('$.deadJobs'),
      metricNamespace: 'Loligo',
      metricName: `DeadJobs-${this.node.root.node.id}${this.node.path.split('/')[0] ?? ''}`,
      metricValue: '$.deadJobs',
    }).metric({ statistic: 'sum', period: Duration.minutes(15) });
  }

  #budget(amount: number, address: string): void {
    new CfnBudget(this, 'Budget', {
      budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount, unit: 'USD' } },
      notificationsWithSubscribers: [80, 100].map((threshold) => ({
        notification: { notificationType: 'ACTUAL', comparisonOperator: 'GREATER_THAN', threshold },
        subscribers: [{ subscriptionType: 'EMAIL', address }],
      })),
    });
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12 });
}
