/** How the boot script's words are filled in, and what is refused before any machine runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Lazy, Stack } from 'aws-cdk-lib/core';
import { type BootWords, bootUserData } from '../../lib/constructs/machines/boot-script.ts';

const root = mkdtempSync(join(tmpdir(), 'mayfly-boot-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const words: BootWords = {
  CLAIM_URL: 'https://claim/',
  RUNNER_ARCHITECTURE: 'x64',
  RUNNER_VERSION: '2.337.0',
  RUNNER_SHA256: '',
  RUNNER_BUCKET: 'runners.s3.us-east-1.amazonaws.com',
  RELEASE_URL: 'https://api.github.com/latest',
  IDLE_SECONDS: '300',
  LIFE_MINUTES: '60',
  ROOTLESS: 'no',
  EXTRA_USER_DATA: '',
};
const shellLine = `echo "\${HOME:-@home}" user@host`;
const allWords = Object.keys(words).map((word) => `${word}="@${word}@"`);

function userDataOf(lines: string[], filled = words) {
  const file = join(root, 'boot.sh');
  writeFileSync(file, lines.join('\n'));
  return new Stack().resolve(bootUserData(file, filled));
}

describe('user data', () => {
  it("leaves the shell's own expansions as they are", () => {
    const { 'Fn::Base64': text } = userDataOf([shellLine, ...allWords]);
    expect(text).toBe(
      `${shellLine}\nCLAIM_URL="https://claim/"\nRUNNER_ARCHITECTURE="x64"\n` +
        'RUNNER_VERSION="2.337.0"\nRUNNER_SHA256=""\nRUNNER_BUCKET="runners.s3.us-east-1.amazonaws.com"\n' +
        'RELEASE_URL="https://api.github.com/latest"\nIDLE_SECONDS="300"\n' +
        'LIFE_MINUTES="60"\nROOTLESS="no"\nEXTRA_USER_DATA=""',
    );
  });

  it('leaves comments out, and nothing else that has a #', () => {
    const lines = ['#!/bin/sh', '# a comment', '  # another', 'echo "# none" # nor this', `echo \${#name}`];
    const { 'Fn::Base64': text } = userDataOf([...lines, ...allWords]);
    expect(text.split('\n').slice(0, 3)).toEqual([lines[0], lines[3], lines[4]]);
  });

  it('leaves indentation out', () => {
    const { 'Fn::Base64': text } = userDataOf([
      '#!/bin/sh',
      'if true; then',
      '    echo  two',
      'fi',
      ...allWords,
    ]);
    expect(text.split('\n').slice(1, 4)).toEqual(['if true; then', 'echo  two', 'fi']);
  });

  it('is refused for a placeholder without a value', () => {
    expect(() => userDataOf([...allWords, '@COLOUR@'])).toThrow('unknown: COLOUR; missing: none');
  });

  it('is refused for a word that the script lacks', () => {
    expect(() => userDataOf(allWords.slice(1))).toThrow('unknown: none; missing: CLAIM_URL');
  });

  it('is refused if it is longer than EC2 takes', () => {
    expect(() => userDataOf([...allWords, 'x'.repeat(16_384)])).toThrow(/has room for 16384/);
  });

  it('leaves 128 bytes for a URL that only the deploy knows, which is longer than any', () => {
    const filled = { ...words, CLAIM_URL: Lazy.string({ produce: () => 'https://claim/' }) };
    const others = allWords
      .slice(1)
      .map((line) => line.replace(/@(\w+)@/, (_, word) => words[word as keyof BootWords]));
    const bytes = ['CLAIM_URL=""', ...others, ''].join('\n').length + 128;
    const fillWith = (count: number) => () => userDataOf([...allWords, 'x'.repeat(count)], filled);
    expect(fillWith(16_384 - bytes)).not.toThrow();
    expect(fillWith(16_385 - bytes)).toThrow(/has room for 16384/);
    // A function's URL, and a bucket of the longest name in the region with the longest one.
    const longest = [
      `https://${'x'.repeat(32)}.lambda-url.ap-southeast-1.on.aws/`,
      `${'x'.repeat(63)}.s3.ap-southeast-1.amazonaws.com`,
    ];
    for (const address of longest) expect(address.length).toBeLessThan(128);
  });
});
