/**
 * Whether claim's memory grows: one process of its real bundle, with Lambda's heap size, answers a few machines again
 * and again. Each answer reads the tables, calls GitHub and signs, like a first one. The machines never boot, so no
 * one else claims for them.
 */
import { readFileSync } from 'node:fs';
import { functionSettings } from '../../lib/contract/functions.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Instance } from '../../lib/local/ec2/account.ts';
import { createIdentitySigner, type IdentitySigner } from '../../lib/local/ec2/identity.ts';
import { heapOptions } from '../../lib/local/lambda/function-definition.ts';
import type { Laptop } from '../../lib/local/laptop.ts';
import defaultConfig from '../../mayfly.config.ts';
import { makeBundles } from './bundles.ts';
import { type Child, startChild } from './child.ts';
import type { Asked, Seen } from './claim-process.ts';
import { judged } from './goals.ts';
import type { BenchPlatform } from './platform.ts';
import type { Report } from './result.ts';
import { until } from './until.ts';

const machines = 2;

export const measureClaimMemory = (platform: BenchPlatform): Promise<Report> =>
  platform.withoutLatency(() => measure(platform));

async function measure(platform: BenchPlatform): Promise<Report> {
  const { laptop, size } = platform;
  const signer = createIdentitySigner(new Date());
  const identityCertificates = { [defaultConfig.region]: [signer.certificatePem] };
  const { bundles, remove } = makeBundles({ ...defaultConfig, identityCertificates });
  const requests = (await launch(platform)).map((instance) => request(laptop, signer, instance));
  const child = startChild('./claim-process.ts', {
    args: [bundles.get('claim')!],
    env: environmentOfClaim(laptop),
    options: ['--expose-gc', ...heapOptions(functionSettings.claim)],
  });
  try {
    await child.next();
    // By now everything that is created once and kept exists.
    const before = await claim(child, requests, size.claims / 4);
    const after = await claim(child, requests, size.claims);
    return {
      results: [
        judged('memory of claim after many claims', after.peakMegabytes, 'MB'),
        judged('heap of claim, garbage collected', after.heapMegabytes, 'MB'),
        judged('heap that claims leave behind', after.heapMegabytes - before.heapMegabytes, 'MB'),
      ],
      notes: [
        `Memory of claim: one process after ${size.claims / 4} and ${size.claims} more claims; its peak, and what its heap ` +
          'still holds after a full collection.',
      ],
    };
  } finally {
    await child.end();
    remove();
    laptop.ec2.setDials({ neverBoot: { probability: 0, count: null } });
  }
}

async function launch(platform: BenchPlatform): Promise<readonly Instance[]> {
  const { laptop } = platform;
  laptop.ec2.setDials({ neverBoot: { probability: 1, count: null } });
  const tenant = await platform.newTenant();
  for (let n = 0; n < machines; n += 1) {
    laptop.github.queueJob({
      repository: `${tenant.login}/app`,
      labels: defaultConfig.tiers['small']!.labels,
      milliseconds: 0,
    });
  }
  const rows = async () => (await platform.runnerRowsOf(tenant)) === machines;
  await until('the machines are there', rows);
  return platform.machinesOf(tenant);
}

function request(laptop: Laptop, signer: IdentitySigner, instance: Instance): Asked {
  const { accountId, region } = laptop;
  const document = signer.document({ accountId, region }, instance);
  const body = {
    ticket: instance.tags.get(tagKeys.ticket),
    document: Buffer.from(document).toString('base64'),
    signature: signer.signature(document).replaceAll('\n', ''),
    nonce: 'a'.repeat(32),
  };
  return { rawPath: '/claim', body: JSON.stringify(body) };
}

/** The environment that Lambda would provide, read from an existing copy. */
function environmentOfClaim(laptop: Laptop): Record<string, string> {
  const [processId] = laptop.functions.processIds(`${laptop.environment}-claim`);
  const lines = readFileSync(`/proc/${processId}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]));
}

async function claim(child: Child, requests: readonly Asked[], count: number): Promise<Seen> {
  for (let n = 0; n < count; n += 1) {
    child.send(requests[n % requests.length]!);
    const { statusCode, body } = await child.next<{ statusCode: number; body: string }>();
    if (statusCode !== 200 || !body.startsWith('action=run'))
      throw new Error(`Claim answered ${statusCode} ${body.slice(0, 80)}`);
  }
  child.send({ look: true });
  return child.next<Seen>();
}
