/** Whatever a signed payload holds, it gets a 2xx and costs one message at most. */
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { parseMessage } from '../../lib/contract/messages.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { fc } from '../support/properties.ts';
import { givenWebhook } from '../support/webhook-endpoint.ts';

describe("GitHub's published payloads", () => {
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as {
    name: string;
    examples: unknown[];
  }[];

  it('are all answered with 2xx, and every resulting message can be read', async () => {
    const webhook = givenWebhook();
    let delivered = 0;
    for (const { name, examples: payloads } of nonEmpty(examples)) {
      for (const payload of nonEmpty(payloads)) {
        expect(await webhook.deliver(name, payload)).toMatchObject({ status: 202 });
        delivered += 1;
      }
    }
    expect(delivered).toBe(329);
    const messages = [
      ...webhook.queues.tiers.map((sent) => sent.message),
      ...webhook.queues.lifecycle,
      ...webhook.queues.completions,
      ...webhook.queues.installations,
    ];
    expect(messages.length).toBe(webhook.queues.sent());
    expect(webhook.queues.installations.length).toBe(10);
    expect(messages.map((message) => parseMessage(JSON.stringify(message)))).toEqual(messages);
  });
});

describe('a signed payload of any shape', () => {
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(1, 'queued', 'waiting', 'completed'));
  const fields = (...names: string[]) =>
    fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] });
  const payload = fc.oneof(
    fc.jsonValue(),
    fc.record({
      action: odd,
      installation: fc.oneof(odd, fc.record({ id: fc.nat() })),
      repository: fc.oneof(odd, fc.record({ full_name: odd, owner: fields('id') })),
      repositories_removed: odd,
      workflow_job: fc.oneof(
        fields('id', 'run_id', 'labels', 'status', 'created_at', 'runner_name'),
        fc.record({ id: fc.nat(), run_id: fc.nat(), labels: fc.constant(['self-hosted']), created_at: odd }),
      ),
    }),
  );
  const event = fc.constantFrom('workflow_job', 'installation', 'installation_repositories', 'ping');

  it('gets a 2xx, and sends one message at most, which can be read', async () => {
    await fc.assert(
      fc.asyncProperty(event, payload, async (name, given) => {
        const { deliver, queues } = givenWebhook();
        expect((await deliver(name, given)).status).toBe(202);
        const messages = [
          ...queues.tiers.map(({ message }) => message),
          ...queues.lifecycle,
          ...queues.completions,
          ...queues.installations,
        ];
        expect(messages.length).toBeLessThanOrEqual(1);
        expect(messages.map((message) => parseMessage(JSON.stringify(message)))).toEqual(messages);
      }),
      { numRuns: 300 },
    );
  });
});
