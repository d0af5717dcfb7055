/** Who may call what on the stand-in: App tokens, installation tokens, permissions and limits, as on GitHub. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { otherAppKey } from '../../support/other-app-key.ts';
import { appToken, ask, type Claims, installationToken } from './api-client.ts';

const seconds = () => Math.floor(Date.now() / 1000);
const registerRoute = 'POST /orgs/acme/actions/runners/generate-jitconfig';
const runner = (name: string) => ({ name, labels: ['linux'], runner_group_id: 1 });

describe('access', () => {
  let standIn: GitHubStandIn;
  let acme: number;

  beforeEach(async () => {
    standIn = await startGitHub();
    acme = standIn.install({ login: 'acme', repositories: ['app', 'web'] }).installationId;
  });
  afterEach(() => standIn.stop());

  describe("the App's token", () => {
    it.each<[string, () => Claims, number]>([
      ['of the App by its id', () => ({ iss: standIn.appId }), 200],
      ['of the App by its id as text', () => ({ iss: String(standIn.appId) }), 200],
      ['of the App by its client id', () => ({ iss: standIn.clientId }), 200],
      ['of another App', () => ({ iss: 7 }), 401],
      ['that has expired', () => ({ exp: seconds() - 1 }), 401],
      ['that is valid for eleven minutes', () => ({ exp: seconds() + 660 }), 401],
      ['from the future', () => ({ iat: seconds() + 60 }), 401],
    ])('%s', async (_title, claims, status) => {
      const answer = await ask(standIn, 'GET /app', { token: appToken(standIn, claims()) });

      expect(answer.status).toBe(status);
    });

    it('signed by another key, or missing, is refused', async () => {
      const forged = appToken(standIn, {}, otherAppKey());

      expect((await ask(standIn, 'GET /app', { token: forged })).status).toBe(401);
      expect((await ask(standIn, 'GET /app', { token: 'not.a.token' })).status).toBe(401);
      expect((await ask(standIn, 'GET /app')).status).toBe(401);
    });
  });

  describe("an installation's token", () => {
    it("has 520 characters and GitHub's prefix", async () => {
      const token = await installationToken(standIn, acme);

      expect(token).toMatch(new RegExp(`^ghs_${standIn.appId}_[A-Za-z0-9_-]+$`));
      expect(token).toHaveLength(520);
    });

    it('ends with its time, with a suspension and with its installation', async () => {
      const look = async (token: string) =>
        (await ask(standIn, 'GET /installation/repositories', { token })).status;
      const token = await installationToken(standIn, acme);
      expect(await look(token)).toBe(200);
      standIn.suspend(acme);
      expect(await look(token)).toBe(403);
      standIn.unsuspend(acme);
      standIn.setDials({ tokenLifetimeSeconds: 0 });
      expect(await look(await installationToken(standIn, acme))).toBe(401);
      standIn.uninstall(acme);
      expect(await look(token)).toBe(401);
    });

    it('restricted to a repository reaches only that one', async () => {
      const token = await installationToken(standIn, acme, { repositories: ['app'] });
      const register = (name: string) =>
        ask(standIn, `POST /repos/acme/${name}/actions/runners/generate-jitconfig`, {
          token,
          body: runner('i'),
        });

      expect((await register('app')).status).toBe(201);
      expect((await register('web')).status).toBe(404);
    });

    it('restricted to a permission may do nothing else', async () => {
      const token = await installationToken(standIn, acme, { permissions: { actions: 'read' } });

      const answer = await ask(standIn, registerRoute, { token, body: runner('i') });

      expect(answer).toMatchObject({
        status: 403,
        body: { message: 'Resource not accessible by integration' },
      });
      expect(standIn.state().runners).toEqual([]);
    });
  });

  describe('limits', () => {
    it('count each request of an installation, and refuse those beyond', async () => {
      standIn.setDials({ requestsPerHour: 2 });
      const token = await installationToken(standIn, acme);
      const look = () => ask(standIn, 'GET /installation/repositories', { token });
      const [first, second, third] = [await look(), await look(), await look()];

      expect([first.status, second.status, third.status]).toEqual([200, 200, 403]);
      const left = [first, second, third].map(({ headers }) => headers.get('x-ratelimit-remaining'));
      expect(left).toEqual(['1', '0', '0']);
      expect(Number(third.headers.get('x-ratelimit-reset'))).toBeGreaterThan(seconds() + 3500);
    });

    it('refuse writes beyond the secondary limit', async () => {
      standIn.setDials({ contentWritesPerMinute: 1 });
      const token = await installationToken(standIn, acme);
      const register = (name: string) => ask(standIn, registerRoute, { token, body: runner(name) });
      await register('i-1');

      const refused = await register('i-2');

      expect(refused.status).toBe(403);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(standIn.state().runners).toHaveLength(1);
    });

    it('refuse more than 900 points for an endpoint in a minute by default, of which a write costs five', async () => {
      standIn.setDials({ contentWritesPerMinute: 0 });
      const token = await installationToken(standIn, acme);
      const statuses: number[] = [];
      for (let n = 1; n <= 181; n += 1) {
        const answer = await ask(standIn, registerRoute, { token, body: runner(`i-${n}`) });
        statuses.push(answer.status);
      }
      expect(statuses.slice(0, 180)).toEqual(Array(180).fill(201));
      expect(statuses[180]).toBe(403);
      expect((await ask(standIn, 'GET /installation/repositories', { token })).status).toBe(200);
    });

    it('refuse more than 80 writes in a minute by default, to whatever endpoint', async () => {
      const token = await installationToken(standIn, acme);
      for (let n = 1; n <= 80; n += 1) await ask(standIn, registerRoute, { token, body: runner(`i-${n}`) });
      const [{ id } = { id: 0 }] = standIn.state().runners;
      const refused = await ask(standIn, `DELETE /orgs/acme/actions/runners/${id}`, { token });
      expect(refused).toMatchObject({
        status: 403,
        body: { message: 'You have exceeded a secondary rate limit.' },
      });
      expect(refused.headers.get('x-ratelimit-remaining')).not.toBe('0');
    });

    it('refuse requests of an installation beyond those that it may make at once', async () => {
      const token = await installationToken(standIn, acme);
      standIn.setDials({ latencyMs: 400, requestsAtOnce: 2 });
      const look = () => ask(standIn, 'GET /installation/repositories', { token });
      const statuses = (await Promise.all([look(), look(), look()])).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([200, 200, 403]);
      expect((await look()).status).toBe(200);
    });

    it('apply to what the App signs itself, which has no hourly limit', async () => {
      standIn.setDials({ requestsPerHour: 1, pointsPerMinute: 2 });
      const look = () => ask(standIn, 'GET /app', { token: appToken(standIn) });
      const [first, second, third] = [await look(), await look(), await look()];
      expect([first.status, second.status, third.status]).toEqual([200, 200, 403]);
      expect(first.headers.has('x-ratelimit-limit')).toBe(false);
      expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });
});
