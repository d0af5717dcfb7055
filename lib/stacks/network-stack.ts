/** The stack of the machines' network. It costs nothing while no machine runs. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Network } from '../constructs/network.ts';

export interface NetworkStackProps extends StackProps {
  readonly environment: string;
}

export class NetworkStack extends Stack {
  readonly network: Network;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    this.network = new Network(this, 'Network', props.environment);
  }
}
