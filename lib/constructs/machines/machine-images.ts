/**
 * Pipelines that build custom images: Ubuntu with the runner program, Docker and git. A build runs on its own machine,
 * which is always terminated, and a failed build changes nothing. Components and recipes are immutable in Image Builder,
 * so their versions are derived from their content.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  CfnComponent,
  CfnDistributionConfiguration,
  CfnImagePipeline,
  CfnImageRecipe,
  CfnInfrastructureConfiguration,
} from 'aws-cdk-lib/aws-imagebuilder';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import { tagKeys } from '../../core/tags.ts';
import type { Architecture } from '../../core/tier.ts';
import type { Network } from '../network/network.ts';
import { createBuildProfile } from './build-profile.ts';
import { createImageCleanup } from './image-cleanup.ts';
import { imageArchitectures, imageName, imageParameterName, imageTag } from './machine-image-names.ts';
import { stockParameter } from './runner-image.ts';

export interface MachineImagesProps {
  readonly config: CheckedConfig;
  readonly network: Network;
  /** The bucket of runner programs. */
  readonly bucket: Bucket;
  /** The script for the build machine. */
  readonly bakeScript: string;
}

/** Small ones first: a new account has few vCPUs. */
const instanceTypes: Readonly<Record<Architecture, string[]>> = {
  x64: ['t3.medium', 'm5.large'],
  arm64: ['t4g.medium', 'm6g.large'],
};

/** Sunday morning: a build also installs the week's system updates. */
const weekly = 'cron(0 6 ? * sun *)';

export class MachineImages extends Construct {
  readonly pipelines: ReadonlyMap<Architecture, CfnImagePipeline>;
  readonly #props: MachineImagesProps;
  readonly #environment: string;

  constructor(scope: Construct, id: string, props: MachineImagesProps) {
    super(scope, id);
    this.#props = props;
    const { environment } = props.config.deployment;
    this.#environment = environment;
    const instanceProfileName = createBuildProfile(this, environment);
    const architectures = imageArchitectures(props.config);
    this.pipelines = new Map(
      architectures.map((each) => [each, this.#createPipeline(each, instanceProfileName)]),
    );
    createImageCleanup(this, { environment, architectures, keep: props.config.machineImages!.keep });
  }

  #createPipeline(architecture: Architecture, instanceProfileName: string): CfnImagePipeline {
    const scope = new Construct(this, architecture);
    const name = imageName(this.#environment, architecture);
    return new CfnImagePipeline(scope, 'Pipeline', {
      name,
      imageRecipeArn: this.#createRecipe(scope, architecture).attrArn,
      infrastructureConfigurationArn: this.#createInfrastructure(scope, architecture, instanceProfileName)
        .attrArn,
      distributionConfigurationArn: this.#createDistribution(scope, architecture).attrArn,
      schedule: { scheduleExpression: weekly, pipelineExecutionStartCondition: 'EXPRESSION_MATCH_ONLY' },
      // The bake script checks its own work; a test stage would only start the same image again.
      imageTestsConfiguration: { imageTestsEnabled: false },
      enhancedImageMetadataEnabled: false,
      imageTags: this.#tags(architecture),
    });
  }

  #createRecipe(scope: Construct, architecture: Architecture): CfnImageRecipe {
    const name = imageName(this.#environment, architecture);
    const script = readFileSync(this.#props.bakeScript, 'utf8');
    const parentImage = `ssm:${stockParameter(architecture)}`;
    const component = new CfnComponent(scope, 'Component', {
      name,
      version: versionOf(script, architecture),
      platform: 'Linux',
      data: componentDocument(
        script
          .replace('@ARCHITECTURE@', architecture)
          .replace('@RUNNER_BUCKET@', this.#props.bucket.bucketRegionalDomainName),
      ),
    });
    return new CfnImageRecipe(scope, 'Recipe', {
      name,
      version: versionOf(script, architecture, parentImage),
      parentImage,
      components: [{ componentArn: component.attrArn }],
      // The agent is only there for the build.
      additionalInstanceConfiguration: { systemsManagerAgent: { uninstallAfterBuild: true } },
    });
  }

  #createInfrastructure(scope: Construct, architecture: Architecture, instanceProfileName: string) {
    const { network } = this.#props;
    return new CfnInfrastructureConfiguration(scope, 'Infrastructure', {
      name: imageName(this.#environment, architecture),
      instanceProfileName,
      instanceTypes: instanceTypes[architecture],
      subnetId: network.subnets[0]!.subnetId,
      securityGroupIds: [network.securityGroup.securityGroupId],
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      terminateInstanceOnFailure: true,
      resourceTags: this.#tags(architecture),
    });
  }

  #createDistribution(scope: Construct, architecture: Architecture) {
    const name = imageName(this.#environment, architecture);
    return new CfnDistributionConfiguration(scope, 'Distribution', {
      name,
      distributions: [
        {
          region: Stack.of(this).region,
          amiDistributionConfiguration: {
            // Passed through unchanged, so it is spelled as in CloudFormation.
            Name: `${name}-{{ imagebuilder:buildDate }}`,
            AmiTags: this.#tags(architecture),
          },
          ssmParameterConfigurations: [
            {
              parameterName: imageParameterName(this.#environment, architecture),
              dataType: 'aws:ec2:image',
            },
          ],
        },
      ],
    });
  }

  #tags(architecture: Architecture) {
    return {
      [tagKeys.environment]: this.#environment,
      [imageTag]: imageName(this.#environment, architecture),
    };
  }
}

/** JSON is valid YAML, and avoids questions of quoting the script. */
const componentDocument = (script: string) =>
  JSON.stringify({
    schemaVersion: 1.0,
    phases: [
      { name: 'build', steps: [{ name: 'Bake', action: 'ExecuteBash', inputs: { commands: [script] } }] },
    ],
  });

/** Three numbers of 28 bits each: the largest version that Image Builder accepts. */
function versionOf(...content: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest();
  return [0, 4, 8].map((at) => digest.readUInt32BE(at) >>> 4).join('.');
}
