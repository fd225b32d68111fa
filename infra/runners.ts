import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  InstanceType,
  LaunchTemplate,
  SecurityGroup,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import {
  AsgCapacityProvider,
  Cluster,
  Compatibility,
  ContainerImage,
  ContainerInsights,
  EcsOptimizedImage,
  LogDrivers,
  NetworkMode,
  TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ArnPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { fileURLToPath } from 'node:url';
import { imageFiles, notInImage } from './image-files.ts';
import type { LabProps } from './lab-props.ts';
import type { Network } from './network.ts';

interface RunnersProps extends Pick<LabProps, 'spot' | 'ec2Pool'> {
  readonly network: Network;
  readonly environment: Readonly<Record<string, string>>;
  readonly bucket: string; // ARN of the archive
}

/** Name of the container in the task, which a launch overrides. */
export const runnerContainer = 'runner';

const house = fileURLToPath(new URL('..', import.meta.url));

/** The cluster and the task that executes one job. Without a running job there is nothing in it that costs. */
export class Runners extends Construct {
  readonly cluster: Cluster;
  readonly task: TaskDefinition;
  readonly capacity: readonly { capacityProvider: string; weight: number; base?: number }[];

  constructor(scope: Construct, id: string, props: RunnersProps) {
    super(scope, id);
    const { network, ec2Pool } = props;
    this.cluster = new Cluster(this, 'Cluster', {
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
      enableFargateCapacityProviders: true,
    });
    this.task = new TaskDefinition(this, 'Task', {
      compatibility: ec2Pool === null ? Compatibility.FARGATE : Compatibility.EC2_AND_FARGATE,
      networkMode: NetworkMode.AWS_VPC,
      cpu: '512',
      memoryMiB: '1024',
    });
    const archive = this.#archiveRole(props.bucket);
    this.task.addContainer(runnerContainer, {
      image: ContainerImage.fromAsset(house, {
        file: 'runner/Dockerfile',
        platform: Platform.LINUX_AMD64,
        exclude: ['*', ...imageFiles.map((each) => `!${each}`), ...notInImage],
      }),
      memoryLimitMiB: 1024,
      environment: { ...props.environment, LOLIGO_ARCHIVE_ROLE: archive.roleArn },
      stopTimeout: Duration.seconds(120), // what the runner has to unwind
      logging: LogDrivers.awsLogs({
        streamPrefix: runnerContainer,
        logGroup: new LogGroup(this, 'Log', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    this.capacity = ec2Pool === null ? fargate(props.spot) : [this.#instances(network, ec2Pool)];
  }

  /** What the task itself may not do: it takes this role for the folder of its job only, see `adapters/aws/job-credentials.ts`. */
  #archiveRole(bucket: string): Role {
    const role = new Role(this, 'ArchiveRole', {
      description: 'The archive, as far as the session policy of a job allows it',
      assumedBy: new ArnPrincipal(this.task.taskRole.roleArn),
    });
    const may = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    may(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [`${bucket}/*`]);
    may(['s3:ListBucket'], [bucket]);
    this.task.addToTaskRolePolicy(
      new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [role.roleArn] }),
    );
    return role;
  }

  #instances(network: Network, pool: NonNullable<LabProps['ec2Pool']>) {
    const role = new Role(this, 'InstanceRole', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'), // what an agent needs is granted by the cluster
    });
    const group = new AutoScalingGroup(this, 'Instances', {
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      minCapacity: 0,
      maxCapacity: pool.most,
      launchTemplate: new LaunchTemplate(this, 'Instance', {
        instanceType: new InstanceType(pool.instanceType),
        machineImage: EcsOptimizedImage.amazonLinux2023(),
        securityGroup: new SecurityGroup(this, 'InstanceGroup', { vpc: network.vpc }),
        userData: UserData.forLinux(),
        requireImdsv2: true,
        blockDevices: [{ deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(30, { encrypted: true }) }],
        role,
      }),
    });
    const provider = new AsgCapacityProvider(this, 'Pool', {
      autoScalingGroup: group,
      enableManagedTerminationProtection: false, // a task that is cut off is a job that is tried again
    });
    // No function that drains instances, which takes a zero that the types do not know: a runner that is told to end has its own two minutes.
    const undrained = { spotInstanceDraining: false, taskDrainTime: Duration.seconds(0) };
    this.cluster.addAsgCapacityProvider(provider, undrained);
    return { capacityProvider: provider.capacityProviderName, weight: 1 };
  }
}

/** With spot: on demand only for one runner in ten, so that a shortage of spot does not stop the lab. */
function fargate(spot: boolean) {
  if (!spot) return [{ capacityProvider: 'FARGATE', weight: 1 }];
  return [
    { capacityProvider: 'FARGATE_SPOT', weight: 9 },
    { capacityProvider: 'FARGATE', weight: 1 },
  ];
}
