import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ManifestServer, startManifestServer } from '../../lib/cli/setup/manifest-server.ts';
import { appManifest } from '../../lib/core/app-manifest.ts';

const state = 'state-that-nobody-guesses';
let server: ManifestServer;
let code: Promise<string>;
beforeEach(async () => {
  server = await startManifestServer({
    state,
    action: `https://github.com/settings/apps/new?state=${state}`,
    manifest: (redirectUrl) =>
      appManifest({
        name: 'runners',
        level: 'organization',
        isPublic: false,
        rerunsJobs: false,
        webhookUrl: 'https://example.com/',
        redirectUrl,
      }),
    milliseconds: 60_000,
  });
  code = server.code;
});
afterEach(() => server.close());

/** With any `Host`, as a page does whose name is rebound to the loopback. */
function ask(url: string, host?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: host === undefined ? {} : { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
  });
}

describe('the page of mayfly setup', () => {
  it('shows its state only to those who know its path', async () => {
    const { origin, pathname } = new URL(server.url);
    expect(pathname.length).toBeGreaterThan(24);
    for (const path of ['/', '/callback', `/callback?state=${state}&code=c`, '/favicon.ico']) {
      const { status, body } = await ask(`${origin}${path}`);
      expect([path, status]).toEqual([path, 404]);
      expect(body).not.toContain(state);
    }
    expect((await ask(server.url)).body).toContain(state);
  });

  it.each(['evil.example', 'evil.example:80', 'localhost', '127.0.0.1'])(
    'answers nothing to the host %s, even at its path',
    async (host) => {
      for (const url of [server.url, `${server.url}/callback?state=${state}&code=c`]) {
        const { status, body } = await ask(url, host);
        expect(status).toBe(421);
        expect(body).not.toContain(state);
      }
    },
  );

  it('takes the code from GitHub with its state alone', async () => {
    expect((await ask(`${server.url}/callback?state=other&code=c`)).status).toBe(403);
    expect((await ask(`${server.url}/callback?state=${state}&code=the-code`)).status).toBe(200);
    expect(await code).toBe('the-code');
  });
});
