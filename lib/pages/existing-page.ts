/** Enter an existing App: its id, a private key, and who sets its webhook. */
import type { ExistingView } from '../core/setup-view.ts';
import { replacing } from './choose-page.ts';
import { document } from './document.ts';
import { faultSummary, secretArea, textField } from './fields.ts';
import { html } from './html.ts';

export function existingPage({ place, fields, faults }: ExistingView): string {
  const entered = { fields, faults };
  return document(
    { title: 'Use an existing App', environment: place.environment, footer },
    html`<p class="lead">The key is tested against GitHub before anything is stored.</p>
${replacing(place.replaces)}${faultSummary(entered)}
<form method="post" action="/existing"><input type="hidden" name="form" value="${place.formToken}">
${textField(appId, entered)}${secretArea(privateKey, entered)}
${textField({ ...webhookSecret, hint: `${webhookSecret.hint} ${place.webhookUrl}` }, entered)}
<div class="actions"><button type="submit">Check and store</button><a href="/">Create a new one instead</a></div></form>`,
  );
}

const appId = {
  name: 'appId',
  label: 'App id',
  hint: 'At the top of the App’s settings page.',
  placeholder: '123456',
};

const privateKey = {
  name: 'privateKey',
  label: 'Private key',
  hint: 'The PEM file from “Private keys” on the settings page, or base64 of it.',
  placeholder: '-----BEGIN RSA PRIVATE KEY-----',
};

const webhookSecret = {
  name: 'webhookSecret',
  label: 'Webhook secret (optional)',
  hint: 'If empty, this deployment sets the secret and the URL on GitHub. If you enter one, set the App’s webhook URL to',
};

const footer = html`The App needs the event “Workflow job”, “Actions: read”, and the permission to register runners.`;
