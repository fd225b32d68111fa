import { Validations } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import type { LabProps } from './lab-props.ts';

interface Acknowledgement {
  readonly at: readonly string[]; // paths below the stack; one that a lab of other props lacks is passed over
  readonly id: string;
  readonly reason: string;
}

const objects = 'AwsSolutions::AwsSolutions-IAM5[Resource::<ArchiveBucket49F1AC64.Arn>/*]';
const runners =
  'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<RunnersClusterAEDEEE6D>/*]';
const invocations =
  'AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<HttpApi4E1D4184>/$default/*/*]';

/** What the checks find and we mean to keep, where, and why. Anything else that they find ends the synthesis. */
const acknowledged: readonly Acknowledgement[] = [
  {
    at: ['Http/Api/GET--', 'Http/Api/HEAD--', 'Http/Api/GET--{proxy+}', 'Http/Api/HEAD--{proxy+}'],
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'Status and logs of a lab are public to read by design (privateReads closes them). These routes accept GET and HEAD only; every route that writes is authorised by IAM.',
  },
  {
    at: ['GET', 'POST', 'PUT'].map((method) => `Http/Api/${method}--v1--workers--{proxy+}`),
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'Workers are machines outside of AWS without an identity there. The function asks each of their requests for a token of their pool, which is stored as a hash, expires and can be revoked, and refuses it for everything else.',
  },
  {
    at: ['Http/Users'],
    id: invocations,
    reason:
      'The policy is what makes somebody a user of this one API. What a user may do to the runs of others is decided by the application, which knows the owner.',
  },
  {
    at: ['Archive/Bucket'],
    id: 'AwsSolutions::AwsSolutions-S1',
    reason:
      'The bucket is private and read through CloudFront only; what it serves is public. Who writes is in the audit log of the lab and in CloudTrail, so that access logs would only name readers of public files.',
  },
  {
    at: ['Archive/Bucket'],
    id: 'CloudFormation-Validate::W9003',
    reason: 'The CDK writes the size as a number where the schema says text; CloudFormation takes both.',
  },
  {
    at: ['Archive/Distribution'],
    id: 'AwsSolutions::AwsSolutions-CFR1',
    reason: 'Logs of a public project are for readers everywhere.',
  },
  {
    at: ['Archive/Distribution'],
    id: 'AwsSolutions::AwsSolutions-CFR2',
    reason:
      'It serves GET and HEAD of static objects and of one function that is throttled; a firewall would cost more than the whole idle lab. It can be added to the distribution where a site needs it.',
  },
  {
    at: ['Archive/Distribution'],
    id: 'AwsSolutions::AwsSolutions-CFR3',
    reason: 'Readers of public logs are not recorded, to keep no personal data without need.',
  },
  {
    at: ['Archive/Distribution'],
    id: 'AwsSolutions::AwsSolutions-CFR4',
    reason:
      'CloudFront chooses the protocols of its own name itself. With a domain, TLS 1.2 is the least that is accepted.',
  },
  {
    at: ['Network/Vpc'],
    id: 'AwsSolutions::AwsSolutions-VPC7',
    reason:
      'Only runners are in this VPC: each lives as long as its job, accepts no connection, and names every host that it talks to in the log of the job.',
  },
  {
    at: ['SshKey'],
    id: 'AwsSolutions::AwsSolutions-SMG4',
    reason:
      'The public half is on machines that AWS does not reach; whoever changes it there stores the new key here. An automatic rotation would lock the lab out.',
  },
  {
    at: ['Runners/ArchiveRole', 'api/Role', 'on-runner-stopped/Role', 'notify/Role', 'retention/Role'],
    id: objects,
    reason:
      'Objects of this one bucket, whose names are those of runs and jobs and are not known before they are made.',
  },
  {
    at: ['api/Role', 'dispatch/Role', 'sweep/Role', 'on-runner-stopped/Role'],
    id: runners,
    reason: 'Tasks of the one cluster of this lab, whose names ECS draws when they start.',
  },
  {
    at: ['Runners/InstanceRole'],
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason:
      'What the agent of ECS asks before it knows its cluster (endpoints, a token for pulls) has no resource; the rest of it is limited to the one cluster.',
  },
  {
    at: ['Runners/InstanceRole'],
    id: 'AwsSolutions::AwsSolutions-IAM5[Action::ecs:Submit*]',
    reason: 'How the agent reports what becomes of its tasks; limited to the one cluster.',
  },
  {
    at: ['Runners/Instances/ASG'],
    id: 'AwsSolutions::AwsSolutions-AS3',
    reason: 'Instances come and go with the jobs; what a person should hear of is a job, and has its alarm.',
  },
  {
    at: ['Runners/Task/ExecutionRole'],
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken has no resource; the pull itself is limited to the one repository.',
  },
  {
    at: ['Runners/Task'],
    id: 'AwsSolutions::AwsSolutions-ECS2',
    reason:
      'The variables are names of tables, queues and buckets. The only secret, the SSH key, is read from Secrets Manager when the runner starts.',
  },
];

function ofSuites(bucket: string): Acknowledgement {
  return {
    at: ['api/Role', 'schedule-suite/Role'],
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${bucket}/*]`,
    reason:
      'Whoever deploys the lab names this bucket as one of suites. Which of its tarballs a suite comes from is said when it is submitted.',
  };
}

export function acknowledge(stack: Stack, { suiteBuckets }: Pick<LabProps, 'suiteBuckets'>): void {
  for (const { at, id, reason } of [...acknowledged, ...suiteBuckets.map(ofSuites)])
    for (const path of at) {
      const found = stack.node.findAll().find(({ node }) => node.path === `${stack.node.path}/${path}`);
      if (found !== undefined) Validations.of(found).acknowledge({ id, reason });
    }
}
