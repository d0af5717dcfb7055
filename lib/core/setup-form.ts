/**
 * What people enter on the setup page, read and checked. All errors are reported at once, each next to its field:
 * what was given, what is allowed. GitHub is not called here.
 */
import { longestAppName, type RunnerLevel, runnerLevels } from './app-manifest.ts';
import { privateKeyForms, readPrivateKey } from './private-key.ts';

export type Fields = Readonly<Record<string, string>>;
/** By the name of the field. */
export type Faults = Readonly<Record<string, string>>;

export interface NewAppWishes {
  readonly owner: 'organization' | 'account';
  readonly organization: string;
  readonly name: string;
  readonly level: RunnerLevel;
  readonly rerunsJobs: boolean;
  readonly isPublic: boolean;
}

export interface ExistingAppWishes {
  readonly appId: string;
  readonly privateKey: string;
  /** Empty: one is generated and given to GitHub. */
  readonly webhookSecret: string;
}

export type Checked<Wishes> =
  | { readonly ok: true; readonly wishes: Wishes }
  | { readonly ok: false; readonly faults: Faults };

/** A login has letters, digits and single inner hyphens; accounts of an enterprise may have one underscore. */
const login = /^[a-z\d](?:[a-z\d]|[-_](?=[a-z\d])){0,38}$/i;
const appIdForm = /^(?:\d{1,12}|Iv[0-9A-Za-z.]{10,38})$/;
const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);

export function readNewAppForm(fields: Fields): Checked<NewAppWishes> {
  const owner = fields['owner'] === 'account' ? 'account' : 'organization';
  const organization = (fields['organization'] ?? '').trim();
  const name = (fields['name'] ?? '').trim();
  const level = runnerLevels.find((one) => one === fields['level']);
  const faults: Record<string, string> = {};
  if (owner === 'organization' && !login.test(organization)) {
    faults['organization'] =
      organization === ''
        ? 'Enter the organization’s login, as in its address on GitHub.'
        : `${shown(organization)} is not an organization’s name. A name has at most 39 letters, digits and inner hyphens.`;
  }
  if (name === '' || name.length > longestAppName) {
    faults['name'] =
      name === ''
        ? 'Enter a name for the App.'
        : `The name has ${name.length} characters; GitHub allows ${longestAppName}.`;
  }
  if (!level) faults['level'] = 'Choose where its runners register.';
  else if (owner === 'account' && level === 'organization' && fields['public'] !== 'yes') {
    faults['level'] = 'Your own account can have repository runners only. Choose “Repositories”, or both.';
  }
  if (!level || Object.keys(faults).length > 0) return { ok: false, faults };
  const rerunsJobs = fields['reruns'] === 'yes';
  const isPublic = fields['public'] === 'yes';
  return { ok: true, wishes: { owner, organization, name, level, rerunsJobs, isPublic } };
}

export function readExistingAppForm(fields: Fields): Checked<ExistingAppWishes> {
  const appId = (fields['appId'] ?? '').trim();
  const pasted = (fields['privateKey'] ?? '').trim();
  const webhookSecret = (fields['webhookSecret'] ?? '').trim();
  const privateKey = readPrivateKey(pasted);
  const faults: Record<string, string> = {};
  if (!appIdForm.test(appId)) {
    faults['appId'] =
      appId === ''
        ? 'Enter the App’s id, from the top of its settings page.'
        : `${shown(appId)} is not an App id. Enter a number, such as 123456, or a client id (Iv…).`;
  }
  if (!privateKey) {
    faults['privateKey'] =
      pasted === ''
        ? 'Paste a private key of the App.'
        : `The pasted text is not a private key. Paste ${privateKeyForms}.`;
  }
  if (webhookSecret !== '' && (webhookSecret.length < 16 || webhookSecret.length > 256)) {
    faults['webhookSecret'] = `It has ${webhookSecret.length} characters; enter 16 to 256, or none.`;
  }
  if (!privateKey || Object.keys(faults).length > 0) return { ok: false, faults };
  return { ok: true, wishes: { appId, privateKey, webhookSecret } };
}
