/** What `mayfly costs export` needs in the account, where the configuration asks for it: a bucket. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { CostsExport, type CostsExportProps } from '../constructs/state/costs-export.ts';

export class CostsStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & CostsExportProps) {
    super(scope, id, props);
    const { bucket } = new CostsExport(this, 'CostsExport', props);
    new CfnOutput(this, 'CostsExportBucket', {
      value: bucket.bucketName,
      description: "Where AWS delivers the bill's rows for npx mayfly costs compare",
    });
  }
}
