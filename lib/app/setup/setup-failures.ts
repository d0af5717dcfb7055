/** What the setup page says when something fails: what happened, and how to recover, step by step. */
import type { FailedView } from '../../core/setup-view.ts';

const newLink = 'Run npx mayfly setup --page again, and open the link that it prints.';

const failed = (title: string, what: string, steps: readonly string[]): FailedView => ({
  view: 'failed',
  title,
  what,
  steps,
});

export const notOurs = failed(
  'This does not belong to the setup you started',
  'The form, or GitHub’s response, belongs to a different setup than the one in this browser. Nothing was changed.',
  ['Go back to the page that you opened from the terminal.', `Or start again: ${newLink}`],
);

export const formTooOld = failed(
  'This form is more than half an hour old',
  'Nothing was sent to GitHub, and nothing was stored.',
  [newLink],
);

export const usedByAnother = failed(
  'This link was already used',
  'Somebody started or finished a setup with this link, or finished one with a newer link. A link works once.',
  ['If GitHub now has an App that you do not need, delete it there.', newLink],
);

export const codeExpired = failed(
  'The half hour for this setup has passed',
  'GitHub created the App, but responded too late. Its key was not fetched.',
  ['On GitHub, delete the new App under Developer settings, GitHub Apps, Advanced.', newLink],
);

export const keyLost = (why: string) =>
  failed(
    'GitHub did not provide the App’s key',
    `${why}. GitHub’s code works only once, so the key may be lost. Nothing was stored.`,
    [
      'If GitHub lists the new App under Developer settings, GitHub Apps: either delete it there and start again,',
      'or generate a private key on its settings page, and enter it on this page as an existing App.',
      `For both: ${newLink}`,
    ],
  );

export const keyNotStored = (app: { readonly name: string; readonly appId: string; readonly why: string }) =>
  failed(
    'The App was created, but could not be stored',
    `GitHub created the App ${app.name} (id ${app.appId}), but Secrets Manager did not store all of it: ${app.why}`,
    [
      'On the App’s settings page on GitHub, generate a private key.',
      `Enter it: npx mayfly setup --app-id ${app.appId} --key FILE`,
    ],
  );
