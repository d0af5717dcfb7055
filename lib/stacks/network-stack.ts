/** The stack of the machines' network. Without NAT gateways it costs nothing while no machine runs. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Network, type NetworkProps } from '../constructs/network/network.ts';

export class NetworkStack extends Stack {
  readonly network: Network;

  constructor(scope: Construct, id: string, props: StackProps & NetworkProps) {
    super(scope, id, props);
    this.network = new Network(this, 'Network', props);
    // Exported whether used or not: an export in use cannot be removed, and machines could never move behind NAT
    // gateways.
    for (const { subnetId } of this.network.publicSubnets) this.exportValue(subnetId);
    new CfnOutput(this, 'VpcId', {
      value: this.network.vpcId,
      description: 'The network of the machines',
    });
  }
}
