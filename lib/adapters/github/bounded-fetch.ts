/** The part of `fetch` that Octokit uses: Node's own, which also follows redirects, with a bound on the response. */
import { readBounded } from '../../core/bounded-body.ts';

export type Fetch = (url: string, asked: Asked) => Promise<Reply>;

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect?: 'manual';
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * A page of a hundred workflow runs takes 1.5 MB, one of a hundred jobs with hundreds of steps each 8 MB. A single webhook
 * delivery includes its payload, at most 25 MB:
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
 */
export const mostAnswerBytes = { page: 20 * 1024 * 1024, payload: 32 * 1024 * 1024 } as const;

export function createBoundedFetch(mostBytes: number): Fetch {
  return async (url, asked) => {
    const response = await fetch(url, asked);
    const whose = `The answer of ${new URL(url).host}`;
    const body = response.body ? await readBounded(response.body, whose, mostBytes) : Buffer.alloc(0);
    return replyOf({ status: response.status, url: response.url, headers: new Map(response.headers) }, body);
  };
}

export const replyOf = (head: Pick<Reply, 'status' | 'url' | 'headers'>, body: Buffer): Reply => ({
  ...head,
  text: async () => body.toString('utf8'),
  arrayBuffer: async () => Uint8Array.from(body).buffer,
});
