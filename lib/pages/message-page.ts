/** Pages with only a message: closed, failed, or not found. */
import type { FailedView, SetupView } from '../core/setup-view.ts';
import { document } from './document.ts';
import { html } from './html.ts';

export const failedPage = ({ title, what, steps }: FailedView): string =>
  document(
    { title },
    html`<p>${what}</p><h2>What to do</h2><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>`,
  );

export function closedPage(view: Extract<SetupView, { view: 'closed' }>): string {
  const { title, what, next } = closed[view.why];
  const app = view.appId === undefined ? undefined : html` Its id is ${view.appId}.`;
  return document({ title }, html`<p>${what}${app}</p><p>${next}</p>`);
}

const closed = {
  expired: {
    title: 'This link has expired',
    what: 'A link works for half an hour.',
    next: html`<code>npx mayfly setup --page</code> prints a new one.`,
  },
  used: {
    title: 'This link was already used',
    what: 'A link works once. If the setup stopped after GitHub created an App, delete that App on GitHub, or enter it as an existing App.',
    next: html`<code>npx mayfly setup --page</code> prints a new one.`,
  },
  'set-up': {
    title: 'Already set up',
    what: 'This deployment has a GitHub App, so this page is closed.',
    next: html`To replace the App: <code>npx mayfly setup --page --replace</code>`,
  },
} as const;
