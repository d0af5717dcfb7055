/** Where the App and the webhook secret are kept, for setting the platform up. Throws OperationalError. */
import type { AppSecret } from '../contract/secrets.ts';

export interface AppVault {
  /** As it is stored now, never from a cache. Undefined: there is no App yet. */
  app(): Promise<AppSecret | undefined>;
  storeApp(app: AppSecret): Promise<void>;
  /** The current one, and when it was stored: epoch milliseconds. */
  webhookSecret(): Promise<{ readonly value: string; readonly storedAt: number }>;
  /** The current one stays valid as the previous value. */
  storeWebhookSecret(value: string): Promise<void>;
}
