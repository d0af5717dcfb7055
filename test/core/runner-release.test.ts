/** Which archive of a release is chosen, and that no checksum is believed that another one contradicts. */
import { describe, expect, it } from '@jest/globals';
import { chooseArchive, type RunnerRelease } from '../../lib/core/runner-release.ts';

const [good, other] = ['a'.repeat(64), 'b'.repeat(64)];
const inNotes = (checksum: string) => `- <!-- BEGIN SHA linux-x64 -->${checksum}<!-- END SHA linux-x64 -->`;

function givenRelease(over: { digest?: string; notes?: string } = {}): RunnerRelease {
  const file = { name: 'actions-runner-linux-x64-2.337.0.tar.gz', url: 'https://github.com/x', bytes: 5 };
  const noExternals = { ...file, name: 'actions-runner-linux-x64-2.337.0-noexternals.tar.gz' };
  const { notes = '', digest } = over;
  return { version: '2.337.0', notes, files: [noExternals, { ...file, ...(digest ? { digest } : {}) }] };
}

describe('the archive of a release', () => {
  it.each([
    ['with the file', { digest: `sha256:${good}` }, undefined],
    ['in the notes', { notes: inNotes(good) }, undefined],
    ['twice, and the same', { digest: `sha256:${good}`, notes: inNotes(good) }, undefined],
    ['as the operator says', { digest: `sha256:${good}` }, good],
  ])('is chosen where GitHub gives its checksum %s', (_, over, pinned) => {
    const archive = {
      version: '2.337.0',
      architecture: 'x64',
      url: 'https://github.com/x',
      bytes: 5,
      sha256: good,
    };
    expect(chooseArchive(givenRelease(over), 'x64', pinned)).toEqual({ kind: 'chosen', archive });
  });

  it.each([
    ['GitHub says two different ones', { digest: `sha256:${good}`, notes: inNotes(other) }, undefined],
    ['the operator says another one', { digest: `sha256:${good}` }, other],
  ])('is refused where %s', (_, over, pinned) => {
    const refused = { kind: 'refused', reason: 'checksums-differ' };
    expect(chooseArchive(givenRelease(over), 'x64', pinned)).toEqual(refused);
  });

  it.each([
    ['no checksum at all', {}],
    ['one of another kind', { digest: `sha512:${good}` }],
    ['one that is cut', { notes: inNotes(good.slice(1)) }],
  ])('is refused where there is %s', (_, over) => {
    const refused = { kind: 'refused', reason: 'no-checksum' };
    expect(chooseArchive(givenRelease(over), 'x64', good)).toEqual(refused);
  });

  it('is refused if the release has none for the architecture', () => {
    const release = givenRelease({ digest: `sha256:${good}` });
    expect(chooseArchive(release, 'arm64')).toEqual({ kind: 'refused', reason: 'no-archive' });
  });
});
