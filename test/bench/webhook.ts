/**
 * How many signed requests a second one process of the webhook function handles: its real bundle in a separate
 * process, sending to the local SQS in another one. The requests are signed before the clock starts; each is
 * verified, read, and sent with one AWS call.
 */
import { makeBundles } from './bundles.ts';
import { startChild } from './child.ts';
import { judged } from './goals.ts';
import { median, type Report } from './result.ts';
import type { Size } from './size.ts';
import type { WebhookAws } from './webhook-aws.ts';
import { inFlight, type Measured, type RoundResult } from './webhook-rounds.ts';

const cpu = (rounds: readonly RoundResult[]) => median(rounds.map((round) => round.cpu));

export async function measureWebhook({
  webhookRounds: rounds,
  webhookSeconds: secondsPerRound,
}: Size): Promise<Report> {
  const { bundles, remove } = makeBundles();
  const aws = startChild('./webhook-aws.ts');
  try {
    const { variables, secret, plainUrl } = await aws.next<WebhookAws>();
    const load = startChild('./webhook-load.ts', {
      args: [bundles.get('webhook')!, secret, plainUrl, String(rounds), String(secondsPerRound)],
      env: variables,
    });
    try {
      const { webhook, bare, plain } = await load.next<Measured>();
      const rates = webhook.map(({ requestsPerSecond }) => requestsPerSecond);
      return {
        results: [
          judged('webhooks a second', median(rates), 'requests/s'),
          judged('webhook, 99th percentile', median(webhook.map(({ p99 }) => p99)), 'ms'),
          judged('webhook, processor time', cpu(webhook), 'ms a request'),
          judged('of it check and read alone', cpu(bare), 'ms a request'),
          judged('check, read and a plain request, as a baseline', cpu(plain), 'ms a request'),
          judged('webhook, against that baseline', cpu(webhook) / cpu(plain), '×'),
        ],
        notes: [
          `Webhook: ${inFlight} requests in flight for ${secondsPerRound} s, median of ${rounds} rounds ` +
            `(${rates.map((rate) => Math.round(rate)).join(', ')} requests/s); real payloads, all accepted. ` +
            'The sender and the local SQS share the cores, so another load on them shows here first.',
        ],
      };
    } finally {
      await load.end();
    }
  } finally {
    await aws.end();
    remove();
  }
}
