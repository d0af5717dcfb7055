/** The App is stored: what to do next. */
import { howToAdd } from '../core/app-needs.ts';
import type { DoneView } from '../core/setup-view.ts';
import { document } from './document.ts';
import { type Html, html } from './html.ts';

export function donePage({ place, appId, name, installUrl, todo, missing }: DoneView): string {
  return document(
    { title: 'The App is ready', environment: place.environment, footer },
    html`<p class="lead"><b>${name}</b> (id ${appId}) is stored in Secrets Manager. You do not need to deploy again.</p>
${todo !== undefined && html`<div class="note bad"><b>One step is left.</b><p>${todo}</p></div>`}
${lacks(missing)}<h2>Next</h2><ol><li>Install it on the organization or account whose jobs it should run.</li>
<li>Use a tier’s labels in a workflow, such as <code>runs-on: [self-hosted, small]</code>, and run it.</li>
<li><code>npx mayfly status</code> shows the tenant, its machines, and why a job waits.</li></ol>
<div class="actions"><a class="button" href="${installUrl}" rel="noreferrer">Install it on ${place.githubHost}</a></div>`,
  );
}

const lacks = (missing: readonly string[]): Html | undefined =>
  missing.length === 0
    ? undefined
    : html`<div class="note bad"><b>The App lacks permissions or events.</b><ul>${missing.map((one) => html`<li>${one}</li>`)}</ul>
<p>${howToAdd}</p></div>
`;

const footer = html`This page is closed, and its link no longer works.`;
