/** That what is deployed is recorded: once by each copy of the reconciler, and again where it could not be. */
import { describe, expect, it } from '@jest/globals';
import { createDeploymentRecorder } from '../../lib/app/reconciler/record-deployment.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryDeploymentAudit } from '../fakes/deployment-audit.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';

function givenReconciler(audit = createMemoryDeploymentAudit(), configuration = '{"scaleUpConcurrency":5}') {
  const telemetry = createMemoryTelemetry();
  const deployed = { configuration, code: 'abc' };
  const record = createDeploymentRecorder({ audit, deployed, telemetry, clock: createMemoryClock() });
  return { audit, telemetry, record };
}

describe('the record of what is deployed', () => {
  it('is written once, by the first copy of the reconciler', async () => {
    const { audit, record } = givenReconciler();
    for (let run = 0; run < 3; run += 1) await record();
    const later = givenReconciler(audit);
    await later.record();
    expect(audit.configurations).toHaveLength(1);
    expect(later.telemetry.events).toEqual([]);
  });

  it('is written again by the copies of another deploy', async () => {
    const { audit, record } = givenReconciler();
    await record();
    const other = givenReconciler(audit, '{"scaleUpConcurrency":9}');
    await other.record();
    expect(audit.configurations).toHaveLength(2);
    expect(other.telemetry.events.map(({ name }) => name)).toEqual(['deployed']);
  });

  it('is retried in the next run if the table did not answer, and the reconciler continues', async () => {
    const { audit, telemetry, record } = givenReconciler();
    audit.fail(true);
    await record();
    expect(telemetry.events.map(({ level, name }) => [level, name])).toEqual([
      ['error', 'deployment-not-recorded'],
    ]);
    audit.fail(false);
    await record();
    expect(audit.configurations).toHaveLength(1);
  });
});
