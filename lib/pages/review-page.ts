/** The second step: exactly what GitHub will be asked for, and the button that goes there. */
import type { ReviewView } from '../core/setup-view.ts';
import { replacing } from './choose-page.ts';
import { document } from './document.ts';
import { html } from './html.ts';

export function reviewPage({ place, manifest, action, owner }: ReviewView): string {
  const rows = Object.entries(manifest.default_permissions).map(
    ([
      permission,
      access,
    ]) => html`<tr><th scope="row">${titles[permission] ?? permission}</th><td>${access}</td>
<td class="wide">${reasons[`${permission}:${access}`] ?? reasons[permission] ?? ''}</td></tr>`,
  );
  return document(
    { title: 'Send it to GitHub', environment: place.environment, footer },
    html`<p class="lead">GitHub shows the App once more and asks you to confirm.</p>${replacing(place.replaces)}
<dl><dt>Name</dt><dd>${manifest.name}</dd><dt>Owned by</dt><dd>${owner}</dd>
<dt>Can be installed by</dt><dd>${manifest.public ? 'anyone on this GitHub' : 'its owner only'}</dd>
<dt>Webhooks go to</dt><dd><code>${manifest.hook_attributes.url}</code></dd></dl>
<table><caption hidden>Permissions of the App</caption><thead><tr><th scope="col">Permission</th><th scope="col">Access</th>
<th scope="col" class="wide">Because</th></tr></thead><tbody>${rows}</tbody></table>
<form method="post" action="${action}"><input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<div class="actions"><button type="submit">Create on ${place.githubHost}</button><a href="/">Back</a></div></form>`,
  );
}

const titles: Readonly<Record<string, string>> = {
  metadata: 'Metadata',
  actions: 'Actions',
  organization_self_hosted_runners: 'Self-hosted runners of organizations',
  administration: 'Administration of repositories',
};

const reasons: Readonly<Record<string, string>> = {
  metadata: 'GitHub requires it of every App.',
  actions: 'Sends events about jobs, and lets this deployment look jobs up.',
  'actions:write':
    'Sends events about jobs, and lets this deployment look jobs up, and re-run one whose spot machine AWS interrupts.',
  organization_self_hosted_runners: 'Registers a runner for one job.',
  administration: 'GitHub requires it to register a repository’s runners.',
};

const footer = html`If GitHub asks you to sign in first, come back here afterwards and click the button again.`;
