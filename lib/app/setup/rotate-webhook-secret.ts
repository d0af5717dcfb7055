/**
 * Rotates the webhook secret without losing an event. Functions accept the two secrets that were stored last. So before
 * another one is stored, GitHub must sign with the newest; and GitHub gets a new one only once every copy of a function must
 * have read it. No progress is recorded: after a crash anywhere it can be run again, and first finishes an earlier rotation.
 */
import type { AppCredentials } from '../../ports/app-credentials.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TakeDeps } from './take-app.ts';

export interface RotateDeps extends TakeDeps {
  readonly clock: Clock;
}

export interface Rotation {
  readonly app: AppCredentials;
  /** The new one. */
  readonly secret: string;
  /** How long a copy of a function may be without a stored secret. */
  readonly spreadMilliseconds: number;
  /** What it waits for, in words, before each long wait. */
  readonly waiting: (why: 'stored-is-young' | 'new-is-stored', milliseconds: number) => void;
}

/**
 * kept: GitHub did not get the stored secret, and no other was made. stored: it did not get the new one, which is
 * accepted beside the old one. overtaken: someone else stored another meanwhile, so this one stopped.
 */
export type Rotated =
  | { readonly ended: 'done' }
  | { readonly ended: 'overtaken' }
  | { readonly ended: 'kept' | 'stored'; readonly why: string };

/** GitHub gives a delivery up after ten seconds, so none that it signed before is on its way any more. */
const deliveryMilliseconds = 10_000;

/** @throws OperationalError if Secrets Manager did not answer: then too it can be run again */
export async function rotateWebhookSecret(deps: RotateDeps, rotation: Rotation): Promise<Rotated> {
  const { vault, newApps, clock, webhookUrl } = deps;
  const { app, secret, spreadMilliseconds, waiting } = rotation;
  const connectWith = (told: string) => newApps.connectWebhook(app, { url: webhookUrl, secret: told });
  const isStored = async (value: string) => (await vault.webhookSecret()).value === value;

  const stored = await vault.webhookSecret();
  const young = Math.min(stored.storedAt + spreadMilliseconds - clock.now(), spreadMilliseconds);
  if (young > 0) {
    waiting('stored-is-young', young);
    await clock.sleep(young);
  }
  const toldStored = await connectWith(stored.value);
  if (!toldStored.ok) return { ended: 'kept', why: toldStored.why };
  await clock.sleep(Math.min(deliveryMilliseconds, spreadMilliseconds));

  if (!(await isStored(stored.value))) return { ended: 'overtaken' };
  await deps.record({ action: 'webhook-secret-rotated', before: {}, after: {} });
  await vault.storeWebhookSecret(secret);
  waiting('new-is-stored', spreadMilliseconds);
  await clock.sleep(spreadMilliseconds);

  if (!(await isStored(secret))) return { ended: 'overtaken' };
  const toldNew = await connectWith(secret);
  return toldNew.ok ? { ended: 'done' } : { ended: 'stored', why: toldNew.why };
}
