/**
 * The optional stack that builds custom images. Nothing depends on it: without an image, machines install everything at
 * boot.
 */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { MachineImages, type MachineImagesProps } from '../constructs/machines/machine-images.ts';

export class ImagesStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & MachineImagesProps) {
    super(scope, id, props);
    const { pipelines } = new MachineImages(this, 'MachineImages', props);
    for (const [architecture, pipeline] of pipelines) {
      new CfnOutput(this, `ImagePipeline-${architecture}`, {
        value: pipeline.attrArn,
        description: `Builds the images of ${architecture} machines`,
      });
    }
  }
}
