/**
 * The setup page's steps: choose, review, and either GitHub's answer or an existing App. Only the browser that opened an
 * operator's link can take a step; a form or an answer that belongs to another session changes nothing. The link is used
 * up before GitHub's code is, so that of two browsers one wins; after a crash between the two, the page says how to
 * recover.
 */
import { appManifest, defaultLevel, newAppUrl } from '../../core/app-manifest.ts';
import type { SetupClaims } from '../../core/setup-claims.ts';
import { type Fields, readExistingAppForm, readNewAppForm } from '../../core/setup-form.ts';
import type { SetupPlace, SetupView } from '../../core/setup-view.ts';
import type { DeploymentAudit } from '../../ports/deployment-audit.ts';
import { codeExpired, formTooOld, keyLost, keyNotStored, notOurs, usedByAnother } from './setup-failures.ts';
import { belongs, type SessionDeps, signFor, useUp } from './setup-session.ts';
import { storeExistingApp, type TakeDeps, type Taken, takeCreatedApp } from './take-app.ts';

export interface SetupDeps extends SessionDeps, Omit<TakeDeps, 'record'> {
  readonly audit: DeploymentAudit;
  readonly environment: string;
  readonly githubWebUrl: string;
}

/** A request by a browser with a valid session: for the page, or with one of its forms. */
export interface SetupAct {
  readonly session: SetupClaims;
  /** The page's own address, without a slash at its end. */
  readonly origin: string;
  /** For the log. */
  readonly sourceIp: string;
}

export async function showChoice(deps: SetupDeps, { session }: SetupAct): Promise<SetupView> {
  const owner = 'organization';
  const fields = { owner, name: `${deps.environment} runners`, level: defaultLevel(owner) };
  return { view: 'choose', place: await placeOf(deps, session), fields, faults: {} };
}

export async function showExisting(deps: SetupDeps, { session }: SetupAct): Promise<SetupView> {
  return { view: 'existing', place: await placeOf(deps, session), fields: {}, faults: {} };
}

/** Shows the manifest and its destination for review before it goes to GitHub. */
export async function review(deps: SetupDeps, act: SetupAct, fields: Fields): Promise<SetupView> {
  const { session, origin } = act;
  const stale = await staleForm(deps, session, fields);
  if (stale) return stale;
  const place = await placeOf(deps, session);
  const checked = readNewAppForm(fields);
  if (!checked.ok) return { view: 'choose', place, fields, faults: checked.faults };
  const { owner, organization, ...wishes } = checked.wishes;
  const state = await signFor(deps, session, 'state');
  const manifest = appManifest({
    ...wishes,
    webhookUrl: deps.webhookUrl,
    redirectUrl: `${origin}/callback`,
  });
  const into = owner === 'organization' ? { organization } : {};
  return {
    view: 'review',
    place,
    manifest,
    action: newAppUrl(deps.githubWebUrl, { state, ...into }),
    owner: owner === 'organization' ? organization : 'your own account',
  };
}

/** After GitHub has sent the browser back: exchanges the code for the App, and stores it. */
export async function finish(
  deps: SetupDeps,
  act: SetupAct,
  answer: { readonly code: string; readonly state: string },
): Promise<SetupView> {
  const { session } = act;
  const ours = await belongs(deps, session, { purpose: 'state', token: answer.state });
  if (ours === 'expired') return codeExpired;
  if (ours === 'no' || answer.code === '') return logged(deps, act, 'refused', { reason: 'state' }, notOurs);
  if (!(await useUp(deps, session))) return usedByAnother;
  const converted = await deps.newApps.convert(answer.code);
  if (!converted.ok) {
    return logged(deps, act, 'failed', { reason: converted.why }, keyLost(converted.why));
  }
  const app = converted.value;
  try {
    const taken = await takeCreatedApp(recorded(deps, session), app);
    return logged(deps, act, 'created', { appId: app.appId, app: app.slug }, done(deps, taken));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const failed = keyNotStored({ ...app, why });
    return logged(deps, act, 'failed', { appId: app.appId, app: app.slug, reason: why }, failed, 'error');
  }
}

/** Stores an existing App if GitHub accepts its key. */
export async function enterExisting(deps: SetupDeps, act: SetupAct, fields: Fields): Promise<SetupView> {
  const { session } = act;
  const stale = await staleForm(deps, session, fields);
  if (stale) return stale;
  const again = { view: 'existing' as const, place: await placeOf(deps, session) };
  const shown = { appId: fields['appId'] ?? '' };
  const checked = readExistingAppForm(fields);
  if (!checked.ok) return { ...again, fields: shown, faults: checked.faults };
  const { webhookSecret, ...app } = checked.wishes;
  const known = await deps.newApps.check(app);
  if (!known.ok) {
    const privateKey = `This is not a key of App ${app.appId} (${known.why}). Check both, and paste the key again.`;
    return logged(
      deps,
      act,
      'refused',
      { appId: app.appId, reason: known.why },
      {
        ...again,
        fields: shown,
        faults: { privateKey },
      },
    );
  }
  if (!(await useUp(deps, session))) return usedByAnother;
  const entered = { ...app, ...(webhookSecret ? { webhookSecret } : {}) };
  const taken = await storeExistingApp(recorded(deps, session), entered, known.value);
  return logged(deps, act, 'entered', { appId: app.appId, app: known.value.slug }, done(deps, taken));
}

/** The audit names the person who made the link. */
const recorded = (deps: SetupDeps, { by }: SetupClaims): TakeDeps => ({
  ...deps,
  record: (change) =>
    deps.audit.record({
      ...change,
      at: new Date(deps.clock.now()).toISOString(),
      who: `${by}, by the setup page`,
    }),
});

async function staleForm(
  deps: SetupDeps,
  session: SetupClaims,
  fields: Fields,
): Promise<SetupView | undefined> {
  const ours = await belongs(deps, session, { purpose: 'form', token: fields['form'] ?? '' });
  if (ours === 'yes') return undefined;
  return ours === 'expired' ? formTooOld : notOurs;
}

async function placeOf(deps: SetupDeps, session: SetupClaims): Promise<SetupPlace> {
  return {
    environment: deps.environment,
    githubHost: new URL(deps.githubWebUrl).host,
    webhookUrl: deps.webhookUrl,
    formToken: await signFor(deps, session, 'form'),
    replaces: session.replaces,
  };
}

function done({ environment, githubWebUrl }: SetupDeps, taken: Taken): SetupView {
  const { appId, name, htmlUrl, todo, missing } = taken;
  return {
    view: 'done',
    place: { environment, githubHost: new URL(githubWebUrl).host },
    appId,
    name,
    installUrl: `${htmlUrl}/installations/new`,
    missing,
    ...(todo === undefined ? {} : { todo }),
  };
}

/** The log is the page's record of who did what, and when. */
function logged(
  deps: SetupDeps,
  { session, sourceIp }: SetupAct,
  step: 'created' | 'entered' | 'refused' | 'failed',
  fields: Readonly<Record<string, unknown>>,
  view: SetupView,
  level: 'info' | 'warn' | 'error' = step === 'failed' ? 'error' : step === 'refused' ? 'warn' : 'info',
): SetupView {
  const { by, issuedAt, replaces } = session;
  const link = new Date(issuedAt).toISOString();
  deps.telemetry.event(level, 'setup-page', { step, by, link, sourceIp, replaces, ...fields });
  return view;
}
