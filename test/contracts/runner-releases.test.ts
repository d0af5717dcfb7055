/** What every `RunnerReleases` promises, in memory and on GitHub; and how GitHub's answers are read. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRunnerReleases } from '../../lib/adapters/github-releases/runner-releases.ts';
import { chooseArchive, type RunnerArchive } from '../../lib/core/runner-release.ts';
import { type GitHubStandIn, startGitHub } from '../../lib/local/github/start-github.ts';
import type { RunnerReleases } from '../../lib/ports/runner-releases.ts';
import { createMemoryRunnerReleases } from '../fakes/runner-releases.ts';
import { failsAfter, unanswered } from '../support/virtual-deadlines.ts';

async function archiveOf(releases: RunnerReleases, version?: string): Promise<RunnerArchive> {
  const release = await releases.find(version);
  const choice = release && chooseArchive(release, 'x64');
  if (choice?.kind !== 'chosen') throw new Error(`nothing was chosen: ${JSON.stringify(choice)}`);
  return choice.archive;
}

function contract(fresh: () => RunnerReleases): void {
  it('finds the current release, and one by its version', async () => {
    const releases = fresh();
    expect((await releases.find())?.version).toBe('2.338.1');
    expect((await releases.find('2.337.0'))?.version).toBe('2.337.0');
    expect(await releases.find('2.1.0')).toBeUndefined();
  });

  it('returns bytes that match the checksum and the length', async () => {
    const releases = fresh();
    for (const version of ['2.337.0', '2.338.1']) {
      const archive = await archiveOf(releases, version);
      const pieces: Uint8Array[] = [];
      for await (const piece of releases.download(archive)) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      expect(bytes.length).toBe(archive.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(archive.sha256);
    }
  });
}

describe('releases in memory', () => {
  contract(() => {
    const releases = createMemoryRunnerReleases();
    releases.publish({ version: '2.337.0' });
    releases.publish({ version: '2.338.1' });
    return releases;
  });
});

describe('releases on GitHub', () => {
  let github: GitHubStandIn;
  beforeAll(async () => {
    github = await startGitHub();
    github.publishRunner({ version: '2.338.1' });
  });
  afterEach(() => void github.setDials({ faults: [] }));
  afterAll(() => github.stop());

  const fresh = () => createRunnerReleases({ apiUrl: `${github.url}/` });
  contract(fresh);

  it.each([
    ['a limit', 403, 'Status403'],
    ['a failure', 502, 'Status502'],
  ])('throws a retryable error on %s', async (_, status, code) => {
    github.setDials({ faults: [{ route: 'GET /repos/*', status, message: 'no' }] });
    await expect(fresh().find()).rejects.toMatchObject({ code, retryable: true });
  });

  it('is waited for ten seconds, and an archive for four minutes', async () => {
    const { fetch } = globalThis;
    const archive = await archiveOf(fresh());
    globalThis.fetch = (_url, options) => unanswered(options?.signal);
    try {
      expect(await failsAfter(() => fresh().find())).toBe(10_000);
      const download = () => fresh().download(archive)[Symbol.asyncIterator]().next();
      expect(await failsAfter(download)).toBe(240_000);
    } finally {
      globalThis.fetch = fetch;
    }
  });

  it('may have four megabytes', async () => {
    const { fetch } = globalThis;
    const release = JSON.stringify({ tag_name: 'v2.337.0', assets: [] });
    const found = async (bytes: number) => {
      globalThis.fetch = async () => new Response(release.padEnd(bytes, ' '));
      return fresh().find();
    };
    try {
      expect((await found(4_194_304))?.version).toBe('2.337.0');
      const message = expect.stringContaining('4194304 are allowed');
      await expect(found(4_194_305)).rejects.toMatchObject({ code: 'Unreadable', message });
    } finally {
      globalThis.fetch = fetch;
    }
  });

  it('throws if the file is missing, or GitHub cannot be reached', async () => {
    const archive = await archiveOf(fresh());
    const read = async (url: string) => {
      const pieces = fresh()
        .download({ ...archive, url })
        [Symbol.asyncIterator]();
      return pieces.next();
    };
    await expect(read(`${archive.url}.none`)).rejects.toMatchObject({ code: 'Status404' });
    await expect(read('http://127.0.0.1:9/none')).rejects.toMatchObject({ code: 'Unreachable' });
  });
});
