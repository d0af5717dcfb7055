/** What is refused when the stand-in is configured or its dials are changed. */
import { describe, expect, it } from '@jest/globals';
import type { LaunchTemplateData } from '../../../lib/local/ec2/account.ts';
import { virtualCpus } from '../../../lib/local/ec2/capacity.ts';
import { defaultDials, turnDials } from '../../../lib/local/ec2/dials.ts';
import { createToolbox } from '../../../lib/local/ec2/toolbox.ts';
import { givenEc2 } from './given.ts';

describe('dials', () => {
  it('change the named ones, and leave the others', () => {
    const turned = turnDials(turnDials(defaultDials, { lagMilliseconds: 7 }), { bootMilliseconds: 9 });

    expect(turned).toEqual({ ...defaultDials, lagMilliseconds: 7, bootMilliseconds: 9 });
  });

  it.each([
    [{ speed: 1 }, 'There is no dial speed; there are capacity, quotas,'],
    [{ bootMilliseconds: -1 }, 'The dial bootMilliseconds is -1; it must be a whole number'],
    [{ capacity: [{ pool: 'spot:t3.medium' }] }, 'it must be a list like [{"pool"'],
    [{ quotas: { spot: 4 } }, 'it must be an object like {"spot": 32'],
    [{ neverBoot: { probability: 2, count: null } }, 'it must be an object like {"probability"'],
    [[], 'must be a JSON object'],
  ])('refuse %j', (change, message) => {
    expect(() => turnDials(defaultDials, change)).toThrow(message);
  });
});

it.each([
  ['t3.medium', 2],
  ['m5.large', 2],
  ['t3.xlarge', 4],
  ['c7g.4xlarge', 16],
])('counts %s as %d vCPUs', (type, expected) => {
  expect(virtualCpus(type)).toBe(expected);
});

describe('launch templates', () => {
  it('are refused if a property would be ignored', async () => {
    const world = await givenEc2();
    const define = (data: LaunchTemplateData) => () => world.ec2.defineLaunchTemplate({ name: 'odd', data });

    expect(define({ HibernationOptions: {} })).toThrow(/odd has HibernationOptions, which/);
    expect(define({ IamInstanceProfile: { Arn: 'arn:of-none' } })).toThrow(/one that exists here/);
    expect(define({ UserData: Buffer.alloc(16_385).toString('base64') })).toThrow(/16385 bytes/);
    await world.close();
  });
});

it('names the tools that a host lacks', async () => {
  const world = await givenEc2();
  const lacking = () => createToolbox(`${world.workDirectory}/tools`, '/nowhere');

  expect(lacking).toThrow(/Machines need the tools bash, base64, .*install coreutils/);
  await world.close();
});
