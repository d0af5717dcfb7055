/**
 * The SSM parameters from which launch templates take their image. They start with the stock image, so that machines can
 * start before the first image exists; from then on Image Builder writes them. CloudFormation only writes one again if
 * its own definition of it changes; machines then use the stock image until the next build, which is slower but never
 * wrong. EC2 looks a parameter up when a template version is created, so a template must depend on its own.
 */
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture } from '../../core/tier.ts';
import { imageArchitectures, imageParameterName } from './machine-image-names.ts';
import { stockParameter } from './runner-image.ts';

/** @returns the parameter of each architecture for which images are built */
export function createImageParameters(
  scope: Construct,
  config: CheckedConfig,
): ReadonlyMap<Architecture, CfnParameter> {
  const { environment } = config.deployment;
  const parameters = new Construct(scope, 'ImageParameters');
  return new Map(
    imageArchitectures(config).map((architecture) => [
      architecture,
      new CfnParameter(parameters, architecture, {
        name: imageParameterName(environment, architecture),
        description: `The image of ${architecture} machines; Image Builder keeps it up to date`,
        type: 'String',
        dataType: 'aws:ec2:image',
        value: `{{resolve:ssm:${stockParameter(architecture)}}}`,
      }),
    ]),
  );
}
