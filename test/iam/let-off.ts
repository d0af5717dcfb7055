/**
 * Grants that the judge lets off, of whichever function has them, each with its reason. One that was used after all in a
 * world that is judged, or that nothing grants any more, fails until it is taken off.
 */
import type { LetOff } from './judge.ts';

const followsFromTheOthers =
  'a table, a queue and a secret use their key in the name of whoever may use them: account-options.test.ts sees it asked for';
const followsFromLaunching =
  'EC2 uses the key of disks in the name of whoever launches: account-options.test.ts sees it asked for';

export const letOff: readonly LetOff[] = [
  ...['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({
    sid: 'UseKey',
    action,
    kind: 'key',
    reason: followsFromTheOthers,
  })),
  ...[
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ].map((action) => ({ sid: 'EncryptDisks', action, kind: 'key', reason: followsFromLaunching })),
  {
    sid: 'BuildImages',
    action: 'imagebuilder:StartImagePipelineExecution',
    kind: 'image-pipeline',
    reason: 'the laptop has no Image Builder',
  },
  { sid: 'LendKeyToDisks', action: 'kms:CreateGrant', kind: 'key', reason: followsFromLaunching },
];
