/** The platform, with tiers of your own, and what an operator wants to know after a deploy. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Mayfly, type MayflyProps } from 'mayfly';

export interface PlatformStackProps extends StackProps {
  /** What is different in this deployment. */
  readonly runners?: Partial<MayflyProps>;
}

export class PlatformStack extends Stack {
  readonly mayfly: Mayfly;

  constructor(scope: Construct, id: string, props: PlatformStackProps = {}) {
    super(scope, id, props);
    this.mayfly = new Mayfly(this, 'Runners', {
      // The prefix of every name. It stays as it is from the first deploy on: another one has empty tables.
      environment: 'acme-ci',
      tiers: {
        small: {
          labels: ['self-hosted', 'linux', 'x64', 'small'],
          architecture: 'x64',
          instanceTypes: ['t3.medium', 't3a.medium'],
          maxRunners: 4,
        },
        large: {
          labels: ['self-hosted', 'linux', 'x64', 'large'],
          architecture: 'x64',
          instanceTypes: ['m7i.2xlarge', 'm6i.2xlarge'],
          maxRunners: 2,
          spot: true,
        },
      },
      caps: { machinesInAll: 40 },
      ...props.runners,
    });
    // For `npx mayfly setup --stack CiPlatform` and the like.
    for (const [name, value] of Object.entries(this.mayfly.outputs)) new CfnOutput(this, name, { value });
  }
}
