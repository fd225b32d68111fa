import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** A queue and where its messages go that nobody could handle. */
export interface WatchedQueue {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly mostAgeSeconds: number; // an older message means that something is stuck
}

/** Lambda wants a message to stay invisible for six times the time that its function may take. */
export const submissionSeconds = 900;
export const dispatchSeconds = 60;
export const eventSeconds = 60;

/** All queues: submissions (in order for each run), wake-ups (in order for each machine type), events, and work for each machine type that workers serve. */
export class Queues extends Construct {
  readonly submissions: WatchedQueue;
  readonly wakeups: WatchedQueue;
  readonly events: WatchedQueue;
  readonly work: ReadonlyMap<string, WatchedQueue>; // by machine type

  constructor(scope: Construct, id: string, props: { readonly workTypes: readonly string[] }) {
    super(scope, id);
    this.submissions = this.#watched('Submissions', submissionSeconds * 6, 2 * 3600, { fifo: true });
    this.wakeups = this.#watched('Wakeups', dispatchSeconds * 6, 900, { fifo: true });
    this.events = this.#watched('Events', eventSeconds * 6, 900);
    // A worker deletes what it takes at once, so that a message is seen again only if that failed.
    this.work = new Map(props.workTypes.map((type) => [type, this.#watched(`Work-${type}`, 30, 300)]));
  }

  all(): WatchedQueue[] {
    return [this.submissions, this.wakeups, this.events, ...this.work.values()];
  }

  #watched(id: string, visibleAfter: number, mostAgeSeconds: number, props: QueueProps = {}): WatchedQueue {
    const usual: QueueProps = {
      ...props,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    const deadLetters = new Queue(this, `${id}DeadLetters`, usual);
    const queue = new Queue(this, id, {
      ...usual,
      visibilityTimeout: Duration.seconds(visibleAfter),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    return { queue, deadLetters, mostAgeSeconds };
  }
}
