/**
 * The releases of actions/runner, by GitHub's public API and without a token. GitHub allows 60 such calls an hour for
 * each address, which functions share with strangers: a refused call is an OperationalError like any other, and the next
 * look asks again. Source: https://docs.github.com/en/rest/releases/releases
 */
import { readBounded } from '../../core/bounded-body.ts';
import type { ReleasedFile, RunnerRelease } from '../../core/runner-release.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { RunnerReleases } from '../../ports/runner-releases.ts';

export interface RunnerReleasesOptions {
  /** `https://api.github.com`. */
  readonly apiUrl: string;
  readonly userAgent?: string;
}

const askMilliseconds = 10_000;
/** A release and its files take a hundred KB. */
const mostAnswerBytes = 4 * 1024 * 1024;
/** For a whole archive, some 200 MB. The function that downloads it may run longer. */
const downloadMilliseconds = 240_000;

/** The parts of GitHub's answer that are read. */
interface ReleaseAnswer {
  readonly tag_name: string;
  readonly body?: string | null;
  readonly assets: readonly {
    readonly name: string;
    readonly size: number;
    readonly digest?: string | null;
    readonly browser_download_url: string;
  }[];
}

export function createRunnerReleases({
  apiUrl,
  userAgent = 'mayfly',
}: RunnerReleasesOptions): RunnerReleases {
  const root = `${apiUrl.replace(/\/+$/, '')}/repos/actions/runner/releases`;
  const headers = { 'user-agent': userAgent, 'x-github-api-version': '2022-11-28' };
  return {
    async find(version) {
      const url = version === undefined ? `${root}/latest` : `${root}/tags/v${version}`;
      const response = await ask(url, { ...headers, accept: 'application/vnd.github+json' }, askMilliseconds);
      if (response.status === 404) return undefined;
      await refuseOthers(response, url);
      return toRelease(JSON.parse(await textOf(response, url)) as ReleaseAnswer);
    },
    async *download({ url }) {
      const response = await ask(url, headers, downloadMilliseconds);
      await refuseOthers(response, url);
      try {
        if (response.body) yield* response.body;
      } catch (cause) {
        throw unavailable(`The download of ${url} broke off: ${String(cause)}`, 'Interrupted', cause);
      }
    },
  };
}

async function ask(url: string, headers: Record<string, string>, milliseconds: number): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(milliseconds) });
  } catch (cause) {
    throw unavailable(`GitHub could not be asked for ${url}: ${String(cause)}`, 'Unreachable', cause);
  }
}

async function refuseOthers(response: Response, url: string): Promise<void> {
  if (response.ok) return;
  const text = (await textOf(response, url)).slice(0, 200);
  throw unavailable(`GitHub answered ${response.status} to ${url}: ${text}`, `Status${response.status}`);
}

async function textOf({ body }: Response, url: string): Promise<string> {
  try {
    return body ? (await readBounded(body, 'It', mostAnswerBytes)).toString('utf8') : '';
  } catch (cause) {
    throw unavailable(`GitHub's answer to ${url} cannot be read: ${String(cause)}`, 'Unreadable', cause);
  }
}

const unavailable = (message: string, code: string, cause?: unknown) =>
  new OperationalError(message, { code, retryable: true, cause });

function toRelease({ tag_name, body, assets }: ReleaseAnswer): RunnerRelease {
  return {
    version: tag_name.replace(/^v/, ''),
    notes: body ?? '',
    files: assets.map(
      ({ name, size, digest, browser_download_url: url }): ReleasedFile => ({
        name,
        url,
        bytes: size,
        ...(digest ? { digest } : {}),
      }),
    ),
  };
}
