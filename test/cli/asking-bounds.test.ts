/** How much a command asks GitHub: literally, so that a wider bound fails. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OperatorGitHub } from '../../lib/adapters/github/operator-github.ts';
import { costsCompare } from '../../lib/cli/costs/costs-compare.ts';
import { askGitHub } from '../../lib/cli/insight/ask-github.ts';
import type { GitHubOf } from '../../lib/cli/insight/github-of.ts';
import { listRepositories } from '../../lib/cli/tenants/list-repositories.ts';
import { knock, readValidation } from '../../lib/cli/tenants/read-validation.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import { acme, givenDeployment, givenTenant, noon } from '../support/given.ts';
import { installation, ok, refused } from '../support/validation.ts';

/** Lists without an end. */
function endless<Item>(items: readonly Item[]) {
  const pages = { read: 0, answer: async () => ok({ items, cursor: String(++pages.read) }) };
  return pages;
}

it('reads fifty pages of repositories', async () => {
  const pages = endless([{ id: 1, fullName: 'acme/app' }]);
  const answer = await listRepositories({ listRepositories: pages.answer } as never, acme);
  expect(pages.read).toBe(50);
  expect(answer).toMatchObject({ ok: true, value: { length: 50 } });
});

it('asks Cost Explorer forty times at most unless more are allowed: each request costs a cent', () => {
  const requests = costsCompare.options?.find(({ flags }) => flags.startsWith('--requests'));
  expect(requests).toHaveProperty('default', '40');
});

describe('the deliveries of a job without a row', () => {
  const item = { event: 'workflow_job', action: 'queued', installationId: acme };

  async function asked(deliveredAt: number, count: number) {
    const pages = endless(Array.from({ length: count }, (_, id) => ({ ...item, id, deliveredAt })));
    let opened = 0;
    const operator = {
      findInstallation: async () => ok({ installationId: acme }),
      job: async () => ok({ jobId: JobId(1), runId: 9, status: 'queued', createdAt: noon }),
      deliveries: pages.answer,
      delivery: async () => ok({ jobId: JobId(1_000 + ++opened) }),
    } as unknown as OperatorGitHub;
    const platform = { getRun: async () => refused } as unknown as GitHub;
    const facts = { asked: { jobId: JobId(1) } } as Parameters<typeof askGitHub>[1];
    const { deliveries } = await askGitHub({ platform, operator }, facts, 'acme/app');
    return { pages: pages.read, opened, deliveries };
  }

  it('are looked for on three pages of each of two lists, and five of each are opened', async () => {
    expect(await asked(noon, 9)).toEqual({ pages: 6, opened: 10, deliveries: undefined });
  });

  it('came at most two minutes before it by the clock here', async () => {
    expect(await asked(noon - 119_000, 1)).toMatchObject({ opened: 6 });
    expect(await asked(noon - 121_000, 1)).toEqual({ pages: 2, opened: 0, deliveries: [] });
  });
});

describe('the check of a tenant', () => {
  it('asks about twenty repositories, five at once, about twenty unlisted ones, and reads five pages', async () => {
    const asked = { actions: 0, atOnce: 0, mostAtOnce: 0, unlisted: 0 };
    const reached = Array.from({ length: 30 }, (_, id) => ({ id, fullName: `acme/app-${id}` }));
    const deliveries = endless([]);
    const platform = {
      getInstallation: async () => ok(installation),
      listRepositories: async () => ok({ items: reached }),
      getRunnerGroup: async () => refused,
      async getRepository() {
        asked.unlisted += 1;
        return refused;
      },
    } as unknown as GitHub;
    const operator = {
      appSettings: async () => refused,
      deliveries: deliveries.answer,
      async isActionsOn() {
        asked.actions += 1;
        asked.mostAtOnce = Math.max(asked.mostAtOnce, ++asked.atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        asked.atOnce -= 1;
        return ok(true);
      },
    } as unknown as OperatorGitHub;
    const outputs = { webhookUrl: 'http://127.0.0.1:1/' } as GitHubOf['outputs'];
    const allowedRepositories = Array.from({ length: 30 }, (_, n) => 900 + n);
    const tenant = givenTenant({ allowedRepositories });
    await readValidation({ platform, operator, outputs }, givenDeployment(), tenant);
    expect(asked).toEqual({ actions: 20, atOnce: 0, mostAtOnce: 5, unlisted: 20 });
    expect(deliveries.read).toBe(5);
  });

  const { timeout } = AbortSignal;
  afterEach(() => {
    AbortSignal.timeout = timeout;
  });

  it('waits for ten seconds for the webhook URL', async () => {
    const waited: number[] = [];
    AbortSignal.timeout = (milliseconds) => {
      waited.push(milliseconds);
      return AbortSignal.abort();
    };
    expect(await knock('http://127.0.0.1:1/')).toHaveProperty('fault');
    expect(waited).toEqual([10_000]);
  });
});
