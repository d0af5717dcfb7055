/** The stack of queues, functions and launch templates, with outputs for the operator. */
import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { burstableHint } from '../config/burstable-hint.ts';
import { stockImageHint } from '../config/stock-image.ts';
import { ControlPlane, type ControlPlaneProps } from '../constructs/control-plane.ts';
import type { Tier } from '../core/tier.ts';

export class ControlPlaneStack extends Stack {
  readonly controlPlane: ControlPlane;

  constructor(scope: Construct, id: string, props: StackProps & ControlPlaneProps) {
    super(scope, id, props);
    this.controlPlane = new ControlPlane(this, 'ControlPlane', props);
    const hint = stockImageHint(props.config);
    if (hint !== undefined) Annotations.of(this).addInfoV2('mayfly:stock-image', hint);
    const price = burstableHint(props.config);
    if (price !== undefined) Annotations.of(this).addInfoV2('mayfly:cpu-credits', price);
    const { functions } = this.controlPlane;
    this.#output('WebhookEndpoint', functions.webhook.url!, 'The webhook URL for the GitHub App');
    this.#output('ClaimEndpoint', functions.claim.url!, 'Where machines claim their jobs');
    this.#output('SetupPage', functions.setup.url!, 'The setup page; npx mayfly setup --page opens it');
    this.#output(
      'AdmissionApi',
      functions['admission-api'].url!,
      'The API of admission controllers; /v1/openapi.json describes it',
    );
    this.#output('GitHubApi', props.config.githubApiUrl, "Where GitHub's REST API is");
    this.#output('GitHubWeb', props.config.githubWebUrl, 'Where people see GitHub');
    const { bucketName } = this.controlPlane.runnerBinaries.bucket;
    this.#output(
      'RunnerBinaries',
      bucketName,
      "The bucket from which machines install GitHub's runner program",
    );
    // Exported whether images are built or not: an export in use by another stack could not be removed with the setting.
    this.exportValue(this.controlPlane.runnerBinaries.bucket.bucketRegionalDomainName);
    for (const tier of props.config.deployment.tiers) this.#outputTier(tier);
  }

  /** One output for each tier, because an output's value is limited to 1,024 characters. */
  #outputTier(tier: Tier) {
    const { tierQueues, launchTemplates } = this.controlPlane;
    const { name, labels, instanceTypes, maxRunners } = tier;
    this.#output(`Queues-${name}`, tierQueues.get(name)!.queueUrl, `The queue of the ${name} tier`);
    this.#output(`Runners-${name}`, launchTemplates.get(name)!.ref, `The launch template of ${name} runners`);
    this.#output(
      `RunnerTiers-${name}`,
      `${labels.join(',')} on ${instanceTypes.join(',')}, at most ${maxRunners}`.slice(0, longestOutput),
      `Labels, instance types and limit of the ${name} tier`,
    );
  }

  #output(id: string, value: string, description: string) {
    new CfnOutput(this, id, { value, description });
  }
}

const longestOutput = 1024;
