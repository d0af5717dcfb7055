/**
 * Handles a batch of the installations queue: installation events, one after the other for each installation; jobs to re-run;
 * runs without a webhook; held jobs that GitHub may have released; and runner groups to look at.
 */
import {
  type InstallationEvent,
  type LookAtGroup,
  type LookAtJob,
  parseMessage,
  type RerunJob,
  type UnheardRun,
} from '../../contract/messages.ts';
import type { InstallationId } from '../../core/ids.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { applyInstallationEvent, type TenantDeps } from './apply-installation-event.ts';
import { shareInstallation } from './ask-for-installation.ts';
import { askOnceForRepositories } from './ask-for-repositories.ts';
import { findUnheardRun } from './find-unheard-run.ts';
import { lookAtHeldJob } from './look-at-held-job.ts';
import { lookAtRunnerGroup } from './look-at-runner-group.ts';
import { rerunJob } from './rerun-job.ts';

/** @returns the ids of the messages to deliver again */
export async function applyInstallationEvents(
  deps: TenantDeps,
  deliveries: readonly Delivery[],
): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  const perTenant = new Map<InstallationId, { id: string; event: InstallationEvent }[]>();
  const looks: { id: string; message: LookAtGroup }[] = [];
  const others: { id: string; message: AboutJob }[] = [];
  for (const { id, body } of deliveries) {
    batch.attemptNow(id, () => {
      const event = parseMessage(body);
      if (event.kind === 'look-at-group') {
        looks.push({ id, message: event });
        return;
      }
      if (event.kind === 'rerun-job' || event.kind === 'unheard-run' || event.kind === 'look-at-job') {
        others.push({ id, message: event });
        return;
      }
      if (event.kind !== 'installation') {
        throw new Error(
          `The installations queue takes messages of the kinds installation, look-at-group, look-at-job, rerun-job and unheard-run, not ${event.kind}.`,
        );
      }
      perTenant.set(event.installationId, [...(perTenant.get(event.installationId) ?? []), { id, event }]);
    });
  }
  await Promise.all([
    ...looks.map(({ id, message }) => batch.attempt([id], () => lookAtRunnerGroup(deps, message))),
    ...others.map(({ id, message }) => batch.attempt([id], () => seeToJob(deps, message))),
    ...[...perTenant].map(async ([installationId, events]) => {
      const own = {
        ...deps,
        installationNow: shareInstallation(deps, installationId),
        repositoriesNow: askOnceForRepositories(deps, installationId),
      };
      for (const { id, event } of events) await batch.attempt([id], () => applyInstallationEvent(own, event));
    }),
  ]);
  return batch.failed();
}

type AboutJob = RerunJob | UnheardRun | LookAtJob;

function seeToJob(deps: TenantDeps, message: AboutJob): Promise<void> {
  switch (message.kind) {
    case 'rerun-job':
      return rerunJob(deps, message);
    case 'unheard-run':
      return findUnheardRun(deps, message);
    case 'look-at-job':
      return lookAtHeldJob(deps, message);
  }
}
