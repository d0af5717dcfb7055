/**
 * The parameters that launch templates find their image by. They start with the stock image, so that machines start
 * before the first image is made; from then on Image Builder writes them. CloudFormation writes one again only where its
 * own part of it changes, and then the stock image serves until the next build: slower, and never wrong. EC2 looks a
 * parameter up when a version of a template is made, so a template must wait for its own.
 */
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import type { Architecture } from '../../core/tier.ts';
import { imageArchitectures, imageParameterName } from './machine-image-names.ts';
import { stockParameter } from './runner-image.ts';

/** @returns the parameter of each architecture whose images are made */
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
        description: `The image of ${architecture} machines; Image Builder keeps it at the newest`,
        type: 'String',
        dataType: 'aws:ec2:image',
        value: `{{resolve:ssm:${stockParameter(architecture)}}}`,
      }),
    ]),
  );
}
