/**
 * What roles may do and no scenario makes them do, and why they must be allowed to; a pattern of `ROLE action` each. Anything else that is never used
 * fails the rehearsal.
 */
export const unusedPermissions: Readonly<Record<string, string>> = {
  'retentionRole\\w* s3:(DeleteObject|GetObjectTagging|PutObjectTagging)':
    'no job of a rehearsal has had its time, or is kept; see test/contract/prune-bucket.test.ts',
  'onrunnerstoppedRole\\w* sqs:SendMessage': 'the queues are empty when it has put nodes free',
  'sweepRole\\w* (sqs:SendMessage|dynamodb:\\w+|ecs:\\w+)':
    'the same pass as in on-runner-stopped, which is called first whenever a runner ends',
  'onrunnerstoppedRole\\w* ecs:StopTask': 'no runner of the scenarios outlives a request to end',
  'schedulesuiteRole\\w* sns:Publish': 'tells of a suite that is refused when it is expanded',
  'schedulesuiteRole\\w* dynamodb:DeleteItem':
    'folds the counters of a run whose last job ends before all of its jobs are queued',
  'dispatchRole\\w* dynamodb:DeleteItem': 'folds the counters of a run whose last job cannot be launched',
  '\\w+Role\\w* sqs:(ChangeMessageVisibility|GetQueueUrl|GetQueueAttributes)':
    'what the CDK grants for an event source; the pollers of AWS use it',
};
