import { CreateClusterCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import type { Emulators } from './emulators.ts';
import type { Maker } from './stack.ts';

/** What runners stand on: a network that is only looked at, the cluster and the definition of their task. */
export function runnerMakers({ ec2, ecs }: Emulators): Readonly<Record<string, Maker>> {
  return {
    'AWS::EC2::VPC': async (_, { CidrBlock }) => {
      const id = named(await ec2('CreateVpc', { CidrBlock: String(CidrBlock) }), 'vpcId');
      await ec2('ModifyVpcAttribute', { VpcId: id, 'EnableDnsHostnames.Value': 'true' });
      return { ref: id, attributes: { VpcId: id, CidrBlock: String(CidrBlock) } };
    },
    'AWS::EC2::Subnet': async (_, { VpcId, CidrBlock, AvailabilityZone }) => {
      const id = named(await ec2('CreateSubnet', { VpcId, CidrBlock, AvailabilityZone }), 'subnetId');
      return { ref: id, attributes: { SubnetId: id } };
    },
    'AWS::EC2::SecurityGroup': async (name, { VpcId, GroupDescription }) => {
      const description = String(GroupDescription).slice(0, 200);
      const asked = { VpcId, GroupName: name, GroupDescription: description };
      const id = named(await ec2('CreateSecurityGroup', asked), 'groupId');
      return { ref: id, attributes: { GroupId: id } };
    },
    'AWS::ECS::Cluster': async (id) => {
      const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: id }));
      return { ref: id, attributes: { Arn: cluster?.clusterArn ?? '' } };
    },
    'AWS::ECS::TaskDefinition': async (_, properties) => {
      const input = lowerFirst(properties) as RegisterTaskDefinitionCommandInput;
      const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(input));
      const arn = taskDefinition?.taskDefinitionArn ?? '';
      return { ref: arn, attributes: { TaskDefinitionArn: arn } };
    },
  };
}

function named(xml: string, tag: string): string {
  const [, text] = new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(xml) ?? [];
  if (text === undefined) throw new Error(`there is no ${tag} in ${xml}`);
  return text;
}

/** CloudFormation writes the names of ECS with a capital; options of a log driver are data and stay. */
function lowerFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      `${key.charAt(0).toLowerCase()}${key.slice(1)}`,
      key === 'Options' ? each : lowerFirst(each),
    ]),
  );
}
