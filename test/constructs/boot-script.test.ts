/** How the boot script's words are filled in, and what is refused before any machine runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Stack } from 'aws-cdk-lib/core';
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

function userDataOf(lines: string[]) {
  const file = join(root, 'boot.sh');
  writeFileSync(file, lines.join('\n'));
  return new Stack().resolve(bootUserData(file, words));
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
});
