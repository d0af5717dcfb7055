/** What the setup page shows, as plain data: one of these for each answer. It contains nothing secret. */
import type { AppManifest } from './app-manifest.ts';
import type { Faults, Fields } from './setup-form.ts';

export type SetupView =
  /** To visitors without a signed link. It shows nothing. */
  | { readonly view: 'not-found' }
  | { readonly view: 'too-large' }
  /** Redirects the browser. */
  | { readonly view: 'opened' }
  | ChooseView
  | ReviewView
  | ExistingView
  | DoneView
  | { readonly view: 'closed'; readonly why: 'expired' | 'used' | 'set-up'; readonly appId?: string }
  | FailedView;

export interface ChooseView {
  readonly view: 'choose';
  readonly place: SetupPlace;
  /** As entered, or the initial values. */
  readonly fields: Fields;
  readonly faults: Faults;
}

export interface ReviewView {
  readonly view: 'review';
  readonly place: SetupPlace;
  readonly manifest: AppManifest;
  /** Where the form with the manifest goes: GitHub. */
  readonly action: string;
  readonly owner: string;
}

export interface ExistingView {
  readonly view: 'existing';
  readonly place: SetupPlace;
  /** Without secrets: those are never shown again. */
  readonly fields: Fields;
  readonly faults: Faults;
}

export interface DoneView {
  readonly view: 'done';
  readonly place: Pick<SetupPlace, 'environment' | 'githubHost'>;
  readonly appId: string;
  readonly name: string;
  readonly installUrl: string;
  /** What the App should request, and does not. */
  readonly missing: readonly string[];
  readonly todo?: string;
}

export interface FailedView {
  readonly view: 'failed';
  readonly title: string;
  readonly what: string;
  /** What to do now, step by step. */
  readonly steps: readonly string[];
}

/** What all forms of the page have in common. */
export interface SetupPlace {
  readonly environment: string;
  readonly githubHost: string;
  readonly webhookUrl: string;
  /** Sent with each form. */
  readonly formToken: string;
  /** Whether an App that is stored is about to be replaced. */
  readonly replaces: boolean;
}
