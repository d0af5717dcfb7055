/** Where machines are launched: a VPC and its subnets, whether Mayfly created them or they existed before. */
import type { IVpc } from 'aws-cdk-lib/aws-ec2';

/** A subnet that machines are launched in. */
export interface RunnerSubnet {
  readonly subnetId: string;
  readonly availabilityZone: string;
}

export interface RunnerNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly RunnerSubnet[];
  readonly publicSubnets: readonly RunnerSubnet[];
  readonly s3EndpointId: string | undefined;
}
