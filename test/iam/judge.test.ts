/** What the judge of grants lets pass, and what it does not. */
import { describe, expect, it } from '@jest/globals';
import type { Grant } from './grant.ts';
import { kindOf } from './grant.ts';
import { judge, type Trial } from './judge.ts';

const read: Grant = { function: 'sweep', sid: 'Runners', action: 's3:GetObject', kind: 'object' };
const write: Grant = { ...read, action: 's3:PutObject' };

const trial = (change: Partial<Trial> & { uses?: readonly Grant[] } = {}): string[] => {
  const { uses = [read, write], ...rest } = change;
  const worlds = [{ grants: [read, write], uses, denials: [] }];
  return judge({ worlds, everyGrant: [read, write], letOff: [], ...rest });
};

describe('the judge of grants', () => {
  it('has nothing to say where each grant is used', () => expect(trial()).toEqual([]));

  it('lets one world use what another does not', () => {
    const worlds = [
      { grants: [read, write], uses: [read], denials: [] },
      { grants: [read, write], uses: [write], denials: [] },
    ];
    expect(trial({ worlds })).toEqual([]);
  });

  it('names a grant that no call needed', () => {
    expect(trial({ uses: [read] })).toEqual([
      'sweep Runners s3:PutObject on object: granted, and no call of the whole end-to-end suite needed it',
    ]);
  });

  it('does not expect a run to need each call to a table, and each question about machines', () => {
    const byChance = [
      { ...read, action: 'dynamodb:UpdateItem', kind: 'table' },
      { ...read, action: 'ec2:DescribeFleets', kind: '*' },
    ];
    const worlds = [{ grants: [read, write, ...byChance], uses: [read, write], denials: [] }];
    expect(trial({ worlds })).toEqual([]);
    const end = { ...read, action: 'ec2:TerminateInstances', kind: 'instance' };
    expect(trial({ worlds: [{ grants: [end], uses: [], denials: [] }], everyGrant: [] })).toHaveLength(1);
  });

  it('names a call that lacked its grant', () => {
    const denials = [{ caller: 'sweep', action: 'dynamodb:PutItem', resource: 'arn:jobs' }];
    expect(trial({ worlds: [{ grants: [read], uses: [read], denials }], everyGrant: [] })).toEqual([
      'sweep dynamodb:PutItem on arn:jobs: called, and not granted',
    ]);
  });

  it('names a grant of an option that no world has', () => {
    const decrypt: Grant = { ...read, sid: 'Key', action: 'kms:Decrypt', kind: 'key' };
    expect(trial({ everyGrant: [read, write, decrypt] })).toEqual([
      'sweep Key kms:Decrypt on key: granted with every option in use, and no end-to-end world has that option',
    ]);
  });

  it('accepts what is listed, until it is used or no longer granted', () => {
    const { function: _any, ...anyWrite } = write;
    const letOff = [{ ...anyWrite, reason: 'a laptop has no such table' }];
    expect(trial({ uses: [read], letOff })).toEqual([]);
    expect(trial({ letOff })).toEqual([expect.stringContaining('it was used; take it off the list')]);
    const gone = [{ ...anyWrite, action: 'dynamodb:DeleteItem', reason: 'gone' }];
    expect(trial({ letOff: gone })).toEqual([expect.stringContaining('nothing grants it')]);
  });
});

it.each([
  ['arn:aws:sqs:us-east-1:1:my-saas-small-builds', 'queue'],
  ['arn:aws:ec2:us-east-1::image/*', 'image'],
  ['arn:aws:dynamodb:us-east-1:1:table/my-saas-jobs/index/pending', 'table'],
  ['arn:aws:logs:us-east-1:1:log-group:/aws/lambda/my-saas-claim:*', 'log-group'],
  ['arn:aws:s3:::runners/*', 'object'],
  ['arn:aws:s3:::runners', 'bucket'],
  ['*', '*'],
])('takes %s for a %s', (arn, kind) => expect(kindOf(arn)).toBe(kind));
