/**
 * Where the machines live: public subnets in two zones and a security group that lets nothing in. There is no NAT
 * gateway: a public IPv4 address costs half a cent an hour, and no two tenants' machines share one.
 */
import { CfnOutput, Tags } from 'aws-cdk-lib';
import { IpAddresses, type ISubnet, type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export class Network extends Construct {
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: environment,
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [
        { name: 'runners', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: true },
      ],
      restrictDefaultSecurityGroup: false,
    });
    this.subnets = vpc.publicSubnets;
    this.securityGroup = new SecurityGroup(this, 'Runners', {
      vpc: vpc as IVpc,
      description: 'Runners reach out; nothing reaches in',
      allowAllOutbound: true,
    });
    Tags.of(this.securityGroup).add('Name', `${environment}-runners`);
    new CfnOutput(scope, 'VpcId', { value: vpc.vpcId, description: 'The network of the machines' });
  }
}
