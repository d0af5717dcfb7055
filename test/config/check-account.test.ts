/** What an organization may require of its accounts, and how each invalid setting is reported. */
import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import { configWith, defaultConfig } from './configurations.ts';

const key = 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
const boundary = 'arn:aws:iam::123456789012:policy/teams/boundary';

describe('the account-wide options', () => {
  it('are off, except for a month of logs', () => {
    const checked = assertConfig(defaultConfig);
    expect(checked).toMatchObject({ logRetentionDays: 30, reservedConcurrency: {} });
    expect(checked.kmsKeyArn).toBeUndefined();
    expect(checked.permissionsBoundaryArn).toBeUndefined();
  });

  it('reach the stacks as they are set', () => {
    const options = {
      kmsKeyArn: key,
      permissionsBoundaryArn: boundary,
      logRetentionDays: 7,
      reservedConcurrency: { webhook: 20, 'scale-up': 15 },
    };
    expect(assertConfig(configWith(options))).toMatchObject(options);
  });

  it.each(['arn:aws:iam::aws:policy/PowerUserAccess', 'arn:aws-us-gov:iam::123456789012:policy/boundary'])(
    'may have the boundary %s',
    (permissionsBoundaryArn) => {
      expect(checkConfig(configWith({ permissionsBoundaryArn })).ok).toBe(true);
    },
  );

  it.each([
    [{ kmsKeyArn: 'alias/mine' }, 'kmsKeyArn is "alias/mine"; it must be the ARN of a key (not of an alias)'],
    [{ kmsKeyArn: key.replace('us-east-1', 'eu-west-1') }, 'of a key (not of an alias) in "us-east-1"'],
    [{ permissionsBoundaryArn: 'boundary' }, 'it must be the ARN of a managed policy'],
    [{ permissionsBoundaryArn: `policy ${boundary}` }, 'it must be the ARN of a managed policy'],
    [{ permissionsBoundaryArn: `${boundary} of teams` }, 'permissionsBoundaryArn is "arn:aws:iam::'],
    [{ logRetentionDays: 31 }, 'logRetentionDays is 31; it must be one that CloudWatch allows: 1, 3, 5'],
    [
      { reservedConcurrency: 5 },
      'reservedConcurrency is 5; it must be an object with a number for each function',
    ],
    [{ reservedConcurrency: { scaleup: 5 } }, 'reservedConcurrency has no setting "scaleup"'],
    [
      { reservedConcurrency: { webhook: 0 } },
      'reservedConcurrency.webhook is 0; it must be a whole number from 1',
    ],
    [
      { reservedConcurrency: { 'scale-up': 14 } },
      'reservedConcurrency.scale-up is 14; it must be a whole number from 15 to 1000 (its queues may invoke that many copies',
    ],
    [
      { reservedConcurrency: { lifecycle: 2 } },
      'reservedConcurrency.lifecycle is 2; it must be a whole number from 6 to 1000',
    ],
    [
      { reservedConcurrency: { 'tenant-manager': 4 } },
      'reservedConcurrency.tenant-manager is 4; it must be a whole number from 5 to 1000',
    ],
    [
      { reservedConcurrency: { admission: 1 } },
      'reservedConcurrency.admission is 1; it must be a whole number from 2 to 1000',
    ],
  ])('cannot be %j', (options, fault) => {
    const outcome = checkConfig(configWith(options));
    expect(outcome).toEqual({ ok: false, faults: [expect.stringContaining(fault)] });
  });
});
