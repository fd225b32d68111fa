/** Types of resources that the rehearsal does not make, and why it can go without. One that is in no list fails the rehearsal. */
export const inertTypes: Readonly<Record<string, string>> = {
  'AWS::CloudFront::ResponseHeadersPolicy': 'headers for browsers, of which there is none here',
  'AWS::CloudWatch::Alarm':
    'watches, and does nothing to the lab; its metrics are those of services that are not here',
  'AWS::CloudWatch::Dashboard': 'for people to look at',
  'AWS::EC2::InternetGateway': 'packets are not routed here; runners reach everything by loopback',
  'AWS::EC2::Route': 'packets are not routed here',
  'AWS::EC2::RouteTable': 'packets are not routed here',
  'AWS::EC2::SubnetRouteTableAssociation': 'packets are not routed here',
  'AWS::EC2::VPCEndpoint': 'packets are not routed here',
  'AWS::EC2::VPCGatewayAttachment': 'packets are not routed here',
  'AWS::ECS::ClusterCapacityProviderAssociations': 'there is one machine, whatever the capacity is called',
  'AWS::Logs::MetricFilter':
    'counts lines of logs that are kept in memory here; its pattern is tested beside what prints them',
};
