/**
 * In place of the platform's own redelivery of failed webhooks: asks GitHub for its deliveries as the App, and has each
 * guid of which no attempt succeeded delivered once more.
 */
import { sign } from 'node:crypto';
import type { GitHubStandIn } from '../../lib/local/github/start-github.ts';

interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly status_code: number;
}

const mostPages = 100;

/** @returns how many were asked for */
export async function redeliverFailed(github: GitHubStandIn): Promise<number> {
  const headers = { authorization: `Bearer ${appToken(github)}` };
  const byGuid = Map.groupBy(await deliveriesOf(github, headers), ({ guid }) => guid);
  const failed = [...byGuid.values()].filter((attempts) => !attempts.some(succeeded));
  for (const [latest] of failed) {
    await fetch(`${github.url}/app/hook/deliveries/${latest?.id}/attempts`, { method: 'POST', headers });
  }
  return failed.length;
}

const succeeded = ({ status_code: status }: Delivery) => status >= 200 && status < 400;

/** Newest first. */
async function deliveriesOf(github: GitHubStandIn, headers: Record<string, string>): Promise<Delivery[]> {
  const found: Delivery[] = [];
  let next: string | undefined = `${github.url}/app/hook/deliveries?per_page=100`;
  for (let page = 1; next && page <= mostPages; page++) {
    const response = await fetch(next, { headers });
    if (!response.ok) throw new Error(`GitHub's deliveries cannot be read: ${response.status}`);
    found.push(...((await response.json()) as Delivery[]));
    next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return found;
}

function appToken({ appId, privateKeyPem }: GitHubStandIn): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iat: now - 60, exp: now + 300, iss: String(appId) };
  const content = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKeyPem).toString('base64url')}`;
}
