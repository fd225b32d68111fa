import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { EventBridgeSchema } from '@aws-lambda-powertools/parser/schemas/eventbridge';
import type { Emulators } from './emulators.ts';
import type { FunctionHost } from './function-host.ts';
import type { Ledger } from './ledger.ts';
import { account, region } from './place.ts';
import { judge } from './policy.ts';
import type { Act, PolicyDocument } from './policy.ts';
import { forService } from './roles.ts';
import type { Resource } from './stack.ts';

/** Where a rule sends its events. */
export interface Target {
  readonly arn: string;
  /** Policies of the target itself: who may reach it. */
  readonly policies: readonly PolicyDocument[];
  readonly at: { readonly function: FunctionHost } | { readonly queue: string }; // name of the queue
}

export interface Events {
  /** An event that a service of AWS tells; goes to the rules whose pattern it has. */
  tell(event: object): void;
  /** The clock: calls what the rule of this id calls on schedule, and gives its outcome. */
  fire(rule: string): Promise<void>;
  /** Ids of the rules that the clock sets off. */
  readonly scheduled: readonly string[];
  /** Resolves when every event that was told has arrived. */
  settled(): Promise<void>;
}

/** EventBridge for the rules of the template: patterns of exact values, and schedules that are fired by hand. */
export function createEvents(options: {
  readonly rules: readonly Resource[];
  readonly targetOf: (arn: string) => Target;
  readonly emulators: Emulators;
  readonly ledger: Ledger;
}): Events {
  const { ledger, emulators } = options;
  const enabled = options.rules.filter(({ properties }) => properties['State'] !== 'DISABLED');
  const onWay = new Set<Promise<void>>();

  const deliver = async (rule: Resource, event: object): Promise<void> => {
    EventBridgeSchema.parse(event);
    ledger.triggered(rule.id);
    for (const { Arn } of rule.properties['Targets'] as { Arn: string }[]) {
      const target = options.targetOf(Arn);
      const isFunction = 'function' in target.at;
      const act: Act = {
        action: isFunction ? 'lambda:InvokeFunction' : 'sqs:SendMessage',
        resource: target.arn,
        context: { 'aws:SourceArn': rule.attributes['Arn'] ?? '', 'aws:SecureTransport': 'true' },
      };
      const verdict = judge(forService(target.policies, 'events.amazonaws.com'), act);
      ledger.judged('events.amazonaws.com', act, verdict);
      if (!verdict.allowed) continue;
      if ('function' in target.at) {
        const outcome = await target.at.function.invoke(event);
        if ('error' in outcome) ledger.trouble(`${target.at.function.name}: ${outcome.error}`);
      } else {
        const QueueUrl = `${emulators.endpointOf('sqs')}/${target.arn.split(':')[4]}/${target.at.queue}`;
        await emulators.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
      }
    }
  };

  return {
    scheduled: enabled.filter(({ properties }) => 'ScheduleExpression' in properties).map(({ id }) => id),
    tell(event) {
      for (const rule of enabled) {
        const pattern = rule.properties['EventPattern'] as Pattern | undefined;
        if (pattern === undefined || !fits(pattern, event)) continue;
        const delivery = deliver(rule, event)
          .catch((error: unknown) => ledger.trouble(`${rule.id}: ${String(error)}`))
          .finally(() => onWay.delete(delivery));
        onWay.add(delivery);
      }
    },
    async fire(id) {
      const rule = enabled.find((each) => each.id === id);
      if (rule === undefined) throw new Error(`no rule '${id}' is enabled`);
      await deliver(rule, {
        version: '0',
        id: randomUUID(),
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account,
        time: `${new Date().toISOString().slice(0, 19)}Z`,
        region,
        resources: [rule.attributes['Arn']],
        detail: {},
      });
    },
    async settled() {
      await Promise.all(onWay);
    },
  };
}

interface Pattern {
  readonly [key: string]: Pattern | readonly unknown[];
}

/** Each key of the pattern must be in the event with one of the values that are listed. Matchers other than a value fit nothing. */
export function fits(pattern: Pattern, event: object): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    const given = (event as Record<string, unknown>)[key];
    if (Array.isArray(wanted)) return wanted.includes(given);
    return typeof given === 'object' && given !== null && fits(wanted as Pattern, given);
  });
}
