/** Pages that only say something: closed, failed, or nothing here. */
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
    title: 'This link is over',
    what: 'A link opens this page for half an hour.',
    next: html`<code>npx mayfly setup --page</code> prints a new one.`,
  },
  used: {
    title: 'This link was used already',
    what: 'A link is good once. If the setup broke off after GitHub made an App, delete that App there, or enter it by hand.',
    next: html`<code>npx mayfly setup --page</code> prints a new one.`,
  },
  'set-up': {
    title: 'Already set up',
    what: 'This deployment has its GitHub App, and this page is closed.',
    next: html`To replace the App: <code>npx mayfly setup --page --replace</code>`,
  },
} as const;
