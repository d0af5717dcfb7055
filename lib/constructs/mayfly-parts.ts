/** The platform's parts side by side in one stack, connected as this repository's own stacks connect them. */
import { join } from 'node:path';
import { Stage } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import { functionNames } from '../contract/functions.ts';
import { bundleFunctions } from './basics/bundle.ts';
import { writeConfiguration } from './basics/deployed-configuration.ts';
import { bakeScript, bootScript, handlersFolder } from './basics/files.ts';
import { ControlPlane } from './control-plane.ts';
import { imageArchitectures } from './machines/machine-image-names.ts';
import { MachineImages } from './machines/machine-images.ts';
import type { MayflyProps } from './mayfly-props.ts';
import { Network } from './network/network.ts';
import { Observability } from './observability/observability.ts';
import { CostsExport } from './state/costs-export.ts';
import { keyIn } from './state/encryption.ts';
import { State } from './state/state.ts';

export interface Parts {
  readonly network: Network;
  readonly state: State;
  readonly controlPlane: ControlPlane;
  readonly observability: Observability | undefined;
}

export function createParts(scope: Construct, config: CheckedConfig, props: MayflyProps): Parts {
  const { deployment } = config;
  const { environment } = deployment;
  const bundles = bundleFunctions({
    handlersFolder,
    names: functionNames,
    deployment,
    buildFolder: join(Stage.of(scope)!.outdir, 'bundles', environment),
  });
  writeConfiguration({ config, bundles, scripts: [bootScript, bakeScript] });
  const network = new Network(scope, 'Network', { environment, network: config.network });
  const state = new State(scope, 'State', { environment, ...keyIn(config) });
  const controlPlane = new ControlPlane(scope, 'ControlPlane', {
    config,
    network,
    state,
    bundles,
    bootScript,
  });
  if (imageArchitectures(config).length > 0) {
    const { bucket } = controlPlane.runnerBinaries;
    new MachineImages(scope, 'MachineImages', { config, network, bucket, bakeScript });
  }
  if (config.costsExport) new CostsExport(scope, 'CostsExport', { environment, ...config.costsExport });
  const observability = props.observability === false ? undefined : createObservability(scope, config, props);
  for (const query of observability?.savedQueries ?? []) {
    query.node.addDependency(...functionNames.map((name) => controlPlane.functions[name].lambda.logGroup));
  }
  return { network, state, controlPlane, observability };
}

const createObservability = (scope: Construct, config: CheckedConfig, { alarmTopic }: MayflyProps) =>
  new Observability(scope, 'Observability', { config, ...(alarmTopic ? { alarmTopic } : {}) });
