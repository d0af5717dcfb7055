/**
 * Records what is deployed, so that `mayfly rollback` can restore it: the first run of each copy of the reconciler does
 * so, and no later one. CloudFormation does not say who deployed. If it fails, the reconciler continues, and its next run
 * tries again.
 */
import type { Clock } from '../../ports/clock.ts';
import type { DeployedConfiguration, DeploymentAudit } from '../../ports/deployment-audit.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface RecorderDeps {
  readonly audit: DeploymentAudit;
  readonly deployed: DeployedConfiguration;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export function createDeploymentRecorder(deps: RecorderDeps): () => Promise<void> {
  const { audit, deployed, telemetry, clock } = deps;
  let isRecorded = false;
  return async () => {
    if (isRecorded) return;
    const at = new Date(clock.now()).toISOString();
    try {
      const recorded = await audit.recordConfiguration({
        ...deployed,
        at,
        who: 'a deploy, seen by the reconciler',
      });
      isRecorded = recorded === undefined;
      if (recorded) telemetry.event('info', 'deployed', { ...recorded });
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      telemetry.event('error', 'deployment-not-recorded', { error: error.message });
    }
  };
}
