/** What errors say while GitHub is down, and answers with web pages. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createGitHub } from '../../../lib/adapters/github/github.ts';
import { createNewApps } from '../../../lib/adapters/github/new-apps.ts';
import { createSmallFetch } from '../../../lib/adapters/github/small-fetch.ts';
import { wordsOf } from '../../../lib/adapters/github/words-of.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { pausesOf } from '../../support/pauses.ts';

let standIn: GitHubStandIn;
beforeEach(async () => {
  standIn = await startGitHub();
  standIn.setDials({ faults: [{ route: '* *', status: 502 }] });
});
afterEach(() => standIn.stop());

const page = 'the web page "Unicorn! · GitHub"';

it('a failed call names the page that GitHub answered with, and no more of it', async () => {
  const github = createGitHub({
    apiUrl: standIn.url,
    app: givenApp({ appId: String(standIn.appId), privateKey: standIn.privateKeyPem }),
    clock: { now: Date.now, sleep: async () => undefined },
    fetch: createSmallFetch(),
  });
  await expect(github.getJob(InstallationId(1), 'acme/app', JobId(1))).rejects.toMatchObject({
    message: `GitHub could not be asked: 502, ${page}`,
    code: 'github-502',
    retryable: true,
  });
});

it('so does the creation of an App', async () => {
  const { check, convert } = createNewApps({ apiUrl: standIn.url });
  const heard = { ok: false, kind: 'unreachable', why: `GitHub answered 502: ${page}` };
  await pausesOf(async () => expect(await convert('code')).toEqual(heard), 9);
  const app = { appId: String(standIn.appId), privateKey: standIn.privateKeyPem };
  expect(await check(app)).toEqual(heard);
});

it('an answer without words is said to give no reason', async () => {
  standIn.setDials({ faults: [{ route: '* *', status: 502, message: '' }] });
  const { convert } = createNewApps({ apiUrl: standIn.url });
  const why = 'GitHub answered 502: no reason given';
  await pausesOf(async () => expect(await convert('code')).toMatchObject({ why }), 9);
});

it.each([
  ['Bad credentials', 'Bad credentials'],
  ['x'.repeat(2_000), 'x'.repeat(1_000)],
  [' <html><body>Bad Gateway</body></html>', 'a web page'],
  ['<html><title>\n  Down\n</title>', 'the web page "Down"'],
  [`<html><title>${' '.repeat(2_000)}Down</title>`, 'a web page'],
  ['', undefined],
  [undefined, undefined],
])('says of %j: %j', (message, words) => {
  expect(wordsOf(message)).toBe(words);
});
