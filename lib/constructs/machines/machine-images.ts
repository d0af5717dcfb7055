/**
 * Pipelines that make images of one's own: Ubuntu with the runner program, Docker and git in it. A build runs on a machine
 * of its own, which is gone afterwards whatever came of it, and a build that fails changes nothing. Component and recipe
 * never change in Image Builder, so their versions are made from what is in them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import {
  CfnComponent,
  CfnDistributionConfiguration,
  CfnImagePipeline,
  CfnImageRecipe,
  CfnInfrastructureConfiguration,
} from 'aws-cdk-lib/aws-imagebuilder';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
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
  /** Of runner programs. */
  readonly bucket: Bucket;
  /** The file of what the build machine runs. */
  readonly bakeScript: string;
}

/** Small ones first: a new account has few vCPUs. */
const instanceTypes: Readonly<Record<Architecture, string[]>> = {
  x64: ['t3.medium', 'm5.large'],
  arm64: ['t4g.medium', 'm6g.large'],
};

/** Sunday morning: a build also takes in the week's updates of the system. */
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
      // The bake checks itself; a second machine would only start the same image again.
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
      // The agent is there for the build alone.
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
            // Handed on as it is, so it is spelled as CloudFormation does.
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

/** JSON is YAML, and leaves no question of how a script is quoted. */
const componentDocument = (script: string) =>
  JSON.stringify({
    schemaVersion: 1.0,
    phases: [
      { name: 'build', steps: [{ name: 'Bake', action: 'ExecuteBash', inputs: { commands: [script] } }] },
    ],
  });

/** Three numbers of 28 bits each, which is as much as a version of Image Builder holds. */
function versionOf(...content: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest();
  return [0, 4, 8].map((at) => digest.readUInt32BE(at) >>> 4).join('.');
}
