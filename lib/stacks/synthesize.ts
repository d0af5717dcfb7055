/**
 * Builds the whole app from one configuration, and synthesizes it in this process. It needs no account, network or
 * credentials. Names and regions come from the configuration, never from the environment.
 */
import { join } from 'node:path';
import { App, DefaultStackSynthesizer, type IReusableStackSynthesizer, Tags } from 'aws-cdk-lib/core';
import { assertConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import { bundleFunctions } from '../constructs/basics/bundle.ts';
import { writeConfiguration } from '../constructs/basics/deployed-configuration.ts';
import { bakeScript, bootScript, handlersFolder } from '../constructs/basics/files.ts';
import { boundRoles } from '../constructs/basics/permissions-boundary.ts';
import { imageArchitectures } from '../constructs/machines/machine-image-names.ts';
import { keyIn } from '../constructs/state/encryption.ts';
import { functionNames } from '../contract/functions.ts';
import { tagKeys } from '../core/tags.ts';
import { ControlPlaneStack } from './control-plane-stack.ts';
import { CostsStack } from './costs-stack.ts';
import { ImagesStack } from './images-stack.ts';
import { NetworkStack } from './network-stack.ts';
import { ObservabilityStack } from './observability-stack.ts';
import { StateStack } from './state-stack.ts';

export interface SynthesisOptions {
  /** Where the cloud assembly is written. Default: where the CDK CLI expects it. */
  readonly outdir?: string;
  /** Contains `<function>/handler.ts`. Default: lambdas/. */
  readonly handlersFolder?: string;
  /** The script that machines run at boot. Default: images/boot.sh. */
  readonly bootScript?: string;
  /** Whether the CDK validates the templates: most of a synthesis, only for warnings. Default: true. */
  readonly validate?: boolean;
}

/**
 * @returns the folder of the cloud assembly
 * @throws ConfigurationError that lists every error
 */
export function synthesizeApp(config: MayflyConfig, options: SynthesisOptions = {}): string {
  return createApp(config, options).synth().directory;
}

/** The app before its synthesis. */
export function createApp(config: MayflyConfig, options: SynthesisOptions = {}): App {
  const checked = assertConfig(config);
  const { environment, region } = checked.deployment;
  const app = new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: options.validate ?? true,
    // A stack's output must stay while another stack uses it.
    context: { '@aws-cdk/core:defaultCrossStackReferences': 'strong' },
    ...(options.outdir ? { outdir: options.outdir } : {}),
    // Without parameters and rules in the template: the CLI checks the bootstrap version.
    defaultStackSynthesizer: new DefaultStackSynthesizer({
      generateBootstrapVersionRule: false,
    }) as IReusableStackSynthesizer,
  });
  const bundles = bundleFunctions({
    handlersFolder: options.handlersFolder ?? handlersFolder,
    names: functionNames,
    deployment: checked.deployment,
    buildFolder: join(app.outdir, 'bundles'),
  });
  const scripts = [options.bootScript ?? bootScript, bakeScript];
  writeConfiguration({ config: checked, bundles, scripts });
  const props = { env: { region } };
  const { network } = new NetworkStack(app, `${environment}-network`, {
    ...props,
    environment,
    network: checked.network,
  });
  const { state } = new StateStack(app, `${environment}-state`, { ...props, environment, ...keyIn(checked) });
  const controlPlane = new ControlPlaneStack(app, `${environment}-control-plane`, {
    ...props,
    config: checked,
    network,
    state,
    bundles,
    bootScript: options.bootScript ?? bootScript,
  });
  const images = imageArchitectures(checked);
  if (images.length > 0) {
    const { bucket } = controlPlane.controlPlane.runnerBinaries;
    new ImagesStack(app, `${environment}-images`, { ...props, config: checked, network, bucket, bakeScript });
  }
  if (checked.costsExport)
    new CostsStack(app, `${environment}-costs`, { ...props, environment, ...checked.costsExport });
  const observability = new ObservabilityStack(app, `${environment}-observability`, {
    ...props,
    config: checked,
  });
  // It only uses names; it is deployed last, so that its queries find the log groups.
  observability.addStackDependency(controlPlane);
  Tags.of(app).add(tagKeys.environment, environment);
  boundRoles(app, checked.permissionsBoundaryArn);
  return app;
}
