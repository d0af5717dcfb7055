/**
 * GitHub calls about an App that is not stored yet, for creating one or entering one by hand. A refusal by GitHub is
 * returned, in words for that person; nothing here throws except for bugs.
 */
import type { AppCredentials } from './app-credentials.ts';

export interface NewApps {
  /**
   * The last step of the manifest flow: GitHub's code against the App's id and secrets. A code works once, within an
   * hour. A lost answer cannot be recovered: the App then exists, and nobody has its key.
   */
  convert(code: string): Promise<Heard<CreatedApp>>;
  /** Is this a key of this App? Asked with the key itself. */
  check(app: AppCredentials): Promise<Heard<KnownApp>>;
  /** Has GitHub send the App's webhooks to `url`, as JSON, signed with `secret`. */
  connectWebhook(
    app: AppCredentials,
    webhook: { readonly url: string; readonly secret: string },
  ): Promise<Heard<'connected'>>;
}

/** `why` is a clause without a full stop, and holds no secret. unreachable: GitHub decided nothing. */
export type Heard<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly kind: 'refused' | 'unreachable'; readonly why: string };

/** How people find it. */
export interface KnownApp {
  readonly name: string;
  readonly slug: string;
  /** The App's page on GitHub; `/installations/new` below it installs it. */
  readonly htmlUrl: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

export interface CreatedApp extends AppCredentials, KnownApp {
  readonly clientId: string;
  readonly clientSecret: string;
  /** What GitHub signs its webhooks with, until that is changed. */
  readonly webhookSecret: string;
}
