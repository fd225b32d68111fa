import { Aws, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { Archive } from './archive.ts';
import { labFunctions } from './functions.ts';
import type { FunctionsProps } from './functions.ts';
import { HttpApi } from './http-api.ts';
import type { LabProps } from './lab-props.ts';
import { Network } from './network.ts';
import { Queues } from './queues.ts';
import { Runners, runnerContainer } from './runners.ts';
import { Tables, withIndexes } from './tables.ts';
import { Triggers } from './triggers.ts';
import { Watch } from './watch.ts';

/** One lab. Nothing in it is always on: idle it costs what its tables, archive and alarms weigh. */
export class LabStack extends Stack {
  constructor(scope: Construct, id: string, props: LabProps & StackProps) {
    super(scope, id, props);
    const tables = new Tables(this, 'Tables');
    const queues = new Queues(this, 'Queues', props);
    const http = new HttpApi(this, 'Http');
    const archive = new Archive(this, 'Archive', { ...props, api: http.api });
    const network = new Network(this, 'Network', props);
    const sshKey = new Secret(this, 'SshKey', {
      description: 'Private SSH key by which runners reach nodes; put yours in after the first deployment',
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const environment = {
      LOLIGO_NODES_TABLE: tables.nodes.tableName,
      LOLIGO_RESULTS_TABLE: tables.results.tableName,
      LOLIGO_ARCHIVE_BUCKET: archive.bucket.bucketName,
      LOLIGO_ARCHIVE_URL: archive.url,
      LOLIGO_WAKEUPS_QUEUE_URL: queues.wakeups.queue.queueUrl,
      LOLIGO_API_URL: http.api.apiEndpoint,
      ...(props.site !== null && { LOLIGO_SITE: props.site }),
    };
    const runners = new Runners(this, 'Runners', {
      ...props,
      network,
      bucket: archive.bucket.bucketArn,
      environment: { ...environment, LOLIGO_SSH_KEY_SECRET: sshKey.secretArn },
    });
    const task = runners.task;
    allowRunner({ tables, queues, runners });
    task.addToTaskRolePolicy(
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [sshKey.secretArn] }),
    );
    const mail = mailOf(this, props.notifyFrom);
    const functions = labFunctions(this, {
      lab: props,
      tables,
      queues,
      environment,
      launching: {
        LOLIGO_CLUSTER: runners.cluster.clusterArn,
        LOLIGO_RUNNER_TASK: task.taskDefinitionArn,
        LOLIGO_RUNNER_CONTAINER: runnerContainer,
        LOLIGO_RUNNER_SUBNETS: network.subnets.map((subnet) => subnet.subnetId).join(','),
        LOLIGO_RUNNER_SECURITY_GROUPS: network.runners.securityGroupId,
        LOLIGO_RUNNER_PUBLIC_IP: String(network.publicIp && props.ec2Pool === null),
        LOLIGO_RUNNER_CAPACITY: this.toJsonString(runners.capacity),
        ...(queues.work.size > 0 && {
          LOLIGO_WORK_QUEUE_URLS: this.toJsonString(
            Object.fromEntries([...queues.work].map(([type, { queue }]) => [type, queue.queueUrl])),
          ),
        }),
      },
      tasks: this.formatArn({
        service: 'ecs',
        resource: 'task',
        resourceName: `${runners.cluster.clusterName}/*`,
      }),
      runnerTask: task.taskDefinitionArn,
      runnerRoles: [task.taskRole.roleArn, task.obtainExecutionRole().roleArn],
      bucket: archive.bucket.bucketArn,
      suites: props.suiteBuckets.map((bucket) => `arn:${Aws.PARTITION}:s3:::${bucket}/*`),
      mail,
    });
    http.serve(functions.api.function, props);
    new Triggers(this, 'Triggers', { functions, queues, cluster: runners.cluster.clusterArn });
    new Watch(this, 'Watch', { lab: props, queues, functions, tables });
    new CfnOutput(this, 'ApiUrl', { value: http.api.apiEndpoint, description: 'LOLIGO_API' });
    new CfnOutput(this, 'ArchiveUrl', { value: archive.url });
    new CfnOutput(this, 'ArchiveBucket', { value: archive.bucket.bucketName });
    new CfnOutput(this, 'SshKeySecret', { value: sshKey.secretArn });
    acknowledge(this, props);
  }
}

/** A runner reports on its attempt and wakes the dispatcher; whose attempt it is, the stores check by the fence. */
function allowRunner(lab: { tables: Tables; queues: Queues; runners: Runners }): void {
  const { tables, queues, runners } = lab;
  const { nodes, results } = tables;
  const may = (actions: string[], resources: string[]) =>
    runners.task.addToTaskRolePolicy(new PolicyStatement({ actions, resources }));
  may(
    [
      'GetItem',
      'BatchGetItem',
      'PutItem',
      'UpdateItem',
      'DeleteItem',
      'ConditionCheckItem',
      'BatchWriteItem',
    ].map((action) => `dynamodb:${action}`),
    [nodes.tableArn, ...withIndexes(results)],
  );
  may(['sqs:SendMessage'], [queues.wakeups.queue.queueArn]);
}

/** Results are mailed through SES, or published to a topic that people subscribe to. */
function mailOf(stack: LabStack, from: string | null): FunctionsProps['mail'] {
  if (from === null) {
    const topic = new Topic(stack, 'Results', { enforceSSL: true });
    return {
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      environment: { LOLIGO_NOTIFY_TOPIC: topic.topicArn },
    };
  }
  const identity = new EmailIdentity(stack, 'Sender', { identity: Identity.email(from) });
  return {
    actions: ['ses:SendEmail', 'ses:SendRawEmail'],
    resources: [identity.emailIdentityArn],
    environment: { LOLIGO_NOTIFY_FROM: from },
  };
}
