/** What must hold for machines: nothing worth stealing on them, no way in, and no way to outlive their job. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig, tierWith } from '../config/configurations.ts';
import { synthesized } from './assembly.ts';

const arm = tierWith({
  labels: ['self-hosted', 'linux', 'arm64', 'medium'],
  architecture: 'arm64',
  instanceTypes: ['t4g.large', 'm6g.large'],
});
const app = synthesized(configWith({ tiers: { ...defaultConfig.tiers, 'arm64-medium': arm } }));
afterAll(() => app.dispose());

const templates = app.resources('AWS::EC2::LaunchTemplate');
const dataOf = (tier: string) =>
  templates.find(({ Properties }) => Properties.LaunchTemplateName === `my-saas-${tier}`)!.Properties
    .LaunchTemplateData;
const scriptOf = (tier: string): unknown[] => dataOf(tier).UserData['Fn::Base64']['Fn::Join'][1];

describe('a launch template', () => {
  it('is there for every tier, and carries the environment', () => {
    const names = templates.map(({ Properties }) => Properties.LaunchTemplateName);
    expect(names).toEqual(['my-saas-small', 'my-saas-medium', 'my-saas-large', 'my-saas-arm64-medium']);
    const Tags = [{ Key: 'ghr:environment', Value: 'my-saas' }];
    for (const { Properties } of templates) {
      expect(Properties.TagSpecifications).toEqual([{ ResourceType: 'launch-template', Tags }]);
    }
  });

  it('asks for metadata by session token, out of reach of containers', () => {
    expect(dataOf('small').MetadataOptions).toEqual({
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'enabled',
    });
  });

  it('gives an encrypted disk that goes with the machine, and the machine goes when it powers off', () => {
    const { BlockDeviceMappings, InstanceInitiatedShutdownBehavior } = dataOf('small');
    expect(BlockDeviceMappings).toMatchObject([
      { DeviceName: '/dev/sda1', Ebs: { Encrypted: true, VolumeType: 'gp3', DeleteOnTermination: true } },
    ]);
    expect(InstanceInitiatedShutdownBehavior).toBe('terminate');
  });

  it('gives no permissions and no key', () => {
    expect(dataOf('small').IamInstanceProfile).toBeUndefined();
    expect(dataOf('small').KeyName).toBeUndefined();
  });

  it.each([
    ['small', 'amd64', 'x64'],
    ['arm64-medium', 'arm64', 'arm64'],
  ])('of %s starts from the image for %s', (tier, image, architecture) => {
    expect(dataOf(tier).ImageId).toContain(`/current/${image}/hvm/ebs-gp3/ami-id`);
    expect(scriptOf(tier).join('')).toContain(`RUNNER_ARCHITECTURE="${architecture}"`);
  });

  it("runs the boot script, with the claim function's address and every word filled in", () => {
    const parts = scriptOf('small');
    const urls = parts.filter((part) => typeof part !== 'string');
    expect(urls).toEqual([{ 'Fn::GetAtt': [expect.stringContaining('claim'), 'FunctionUrl'] }]);
    const text = parts.filter((part) => typeof part === 'string').join('URL');
    const script = readFileSync(new URL('../../images/boot.sh', import.meta.url), 'utf8');
    expect(text.slice(text.indexOf('IDLE_SECONDS="300"') + 18)).toBe(script.split('"@IDLE_SECONDS@"')[1]);
    expect(text).not.toMatch(/@[A-Z_]+@/);
  });
});
