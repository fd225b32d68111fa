import {
  GatewayVpcEndpointAwsService,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { LabProps } from './lab-props.ts';

/** Where runners are: a VPC of the lab's own without a NAT gateway, or one to join. Nothing can connect to a runner. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly runners: SecurityGroup;
  readonly publicIp: boolean; // whether a runner reaches nothing without a public address

  constructor(scope: Construct, id: string, props: Pick<LabProps, 'vpc'>) {
    super(scope, id);
    this.vpc = props.vpc === null ? this.#own() : this.#joined(props.vpc);
    this.subnets = props.vpc === null ? this.vpc.publicSubnets : this.vpc.privateSubnets;
    this.publicIp = props.vpc?.publicIp ?? true;
    this.runners = new SecurityGroup(this, 'Runners', {
      vpc: this.vpc,
      description: 'Runners of the lab: out by SSH, HTTP, HTTPS and DNS, nothing in',
      allowAllOutbound: false,
    });
    for (const [port, why] of [
      [Port.tcp(22), 'SSH to nodes'],
      [Port.tcp(443), 'AWS, packages'],
      [Port.tcp(80), 'packages'],
      [Port.tcpRange(1024, 65_535), 'nodes whose SSH is elsewhere, consoles'],
      [Port.udp(53), 'DNS'],
      [Port.tcp(53), 'DNS'],
    ] as const)
      this.runners.addEgressRule(Peer.anyIpv4(), port, why);
  }

  #own(): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'runners', subnetType: SubnetType.PUBLIC, cidrMask: 22 }],
    });
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    return vpc;
  }

  #joined(vpc: NonNullable<LabProps['vpc']>): IVpc {
    return Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: vpc.id,
      availabilityZones: [...vpc.zones],
      privateSubnetIds: [...vpc.subnets],
    });
  }
}
