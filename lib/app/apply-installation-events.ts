/** Takes a batch of installation events, one after the other where they are about the same installation. */
import { type InstallationEvent, parseMessage } from '../contract/messages.ts';
import { applyInstallationEvent, type TenantDeps } from './apply-installation-event.ts';
import { Batch, type Delivery } from './batch.ts';

/** @returns the ids of the messages to deliver again */
export async function applyInstallationEvents(
  deps: TenantDeps,
  deliveries: readonly Delivery[],
): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  const perTenant = new Map<number, { id: string; event: InstallationEvent }[]>();
  for (const { id, body } of deliveries) {
    batch.attemptNow(id, () => {
      const event = parseMessage(body);
      if (event.kind !== 'installation') {
        throw new Error(
          `The installations queue takes installation events, not messages of kind ${event.kind}.`,
        );
      }
      perTenant.set(event.installationId, [...(perTenant.get(event.installationId) ?? []), { id, event }]);
    });
  }
  await Promise.all(
    [...perTenant.values()].map(async (events) => {
      for (const { id, event } of events)
        await batch.attempt([id], () => applyInstallationEvent(deps, event));
    }),
  );
  return batch.failed();
}
