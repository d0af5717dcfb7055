/** The page's first step: who owns the App, where its runners register, and which permissions it asks for. */
import { longestAppName } from '../core/app-manifest.ts';
import type { ChooseView } from '../core/setup-view.ts';
import { document } from './document.ts';
import { checkbox, choices, faultSummary, textField } from './fields.ts';
import { type Html, html } from './html.ts';

export function choosePage(view: ChooseView): string {
  const { place, fields, faults } = view;
  const entered = { fields, faults };
  const owner = {
    name: 'owner',
    legend: 'Who owns the App?',
    choices: [
      { value: 'organization', label: 'An organization', hint: 'You must be one of its owners.' },
      { value: 'account', label: 'Your own account', hint: 'For your own repositories, or to try it out.' },
    ],
  };
  const organization = {
    name: 'organization',
    label: 'Organization',
    hint: `As in its address: ${place.githubHost}/organization`,
    placeholder: 'my-company',
  };
  const level = {
    name: 'level',
    legend: 'Where do runners register?',
    choices: [
      {
        value: 'organization',
        label: 'Organizations',
        hint: 'Asks organizations that install it for “Self-hosted runners: write”. It needs nothing more.',
      },
      {
        value: 'repository',
        label: 'Repositories',
        hint: 'Asks for “Administration: write” on each repository; GitHub offers nothing less. Personal accounts need it.',
      },
      { value: 'both', label: 'Both', hint: 'Organizations and personal accounts may install it.' },
    ],
  };
  const name = {
    name: 'name',
    label: 'Name',
    hint: `Unique on GitHub, at most ${longestAppName} characters.`,
  };
  return document(
    { title: 'Create the GitHub App', environment: place.environment, footer },
    html`<p class="lead">GitHub creates the App and gives its key directly to this deployment. First sign in to
<b>${place.githubHost}</b> in this browser. Then choose what the App is for.</p>
${replacing(place.replaces)}${faultSummary(entered)}
<form method="post" action="/review"><input type="hidden" name="form" value="${place.formToken}">
${choices(owner, entered)}${textField(organization, entered)}${choices(level, entered)}${textField(name, entered)}
<fieldset><legend>Also</legend>${checkbox(reruns, entered)}${checkbox(isPublic, entered)}</fieldset>
<div class="actions"><button type="submit">Review</button><a href="/existing">I already have an App</a></div></form>`,
  );
}

const reruns = {
  name: 'reruns',
  label: 'Re-run jobs that lost their spot machine',
  hint: 'Asks for “Actions: write” instead of read. Without it, such a job fails until somebody re-runs it.',
};

const isPublic = {
  name: 'public',
  label: 'Other accounts may install it',
  hint: 'Anyone can then start machines on your bill. First set onboarding to approve, and caps, in mayfly.config.ts.',
};

const footer = html`Only this browser can use this page, for half an hour or until an App is stored.`;

export const replacing = (replaces: boolean): Html | undefined =>
  replaces
    ? html`<div class="note bad"><b>This replaces the App of this deployment.</b><p>Installations of the stored App
stop working. Every account has to install the new App.</p></div>`
    : undefined;
