/** What must hold for machines: nothing worth stealing on them, no way in, and no way to outlive their job. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { compactScript } from '../../lib/constructs/machines/boot-script.ts';
import { configWith, defaultConfig, tierWith } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { statementsByFunction, synthesized } from './assembly.ts';

const arm = tierWith({
  labels: ['self-hosted', 'linux', 'arm64', 'medium'],
  architecture: 'arm64',
  instanceTypes: ['t4g.large', 'm6g.large'],
});
const roleArn = 'arn:aws:iam::123456789012:role/deployers/cache-reader';
const own = tierWith({
  labels: ['self-hosted', 'own'],
  instanceTypes: ['m5.2xlarge'],
  image: 'resolve:ssm:/images/own:3',
  rootDevice: '/dev/xvda',
  diskGigabytes: 100,
  diskIops: 6000,
  diskThroughputMegabytes: 500,
  diskInitializationMegabytes: 200,
  instanceRoleArn: roleArn,
  rootless: true,
  extraUserData: "echo 'as @TOLD@'",
});
const slow = tierWith({ labels: ['self-hosted', 'slow'], cpuCredits: 'standard' });
const app = synthesized(configWith({ tiers: { ...defaultConfig.tiers, 'arm64-medium': arm, own, slow } }));
afterAll(() => app.dispose());

const templates = app.resources('AWS::EC2::LaunchTemplate');
const dataOf = (tier: string) =>
  templates.find(({ Properties }) => Properties.LaunchTemplateName === `my-saas-${tier}`)!.Properties
    .LaunchTemplateData;
const scriptOf = (tier: string): unknown[] => dataOf(tier).UserData['Fn::Base64']['Fn::Join'][1];

describe('a launch template', () => {
  it('exists for every tier, and is tagged with the environment', () => {
    const names = templates.map(({ Properties }) => Properties.LaunchTemplateName);
    const tiers = ['small', 'medium', 'large', 'arm64-medium', 'own', 'slow'];
    expect(names).toEqual(tiers.map((tier) => `my-saas-${tier}`));
    const Tags = [{ Key: 'ghr:environment', Value: 'my-saas' }];
    for (const { Properties } of nonEmpty(templates)) {
      expect(Properties.TagSpecifications).toEqual([{ ResourceType: 'launch-template', Tags }]);
    }
  });

  it('requires IMDSv2 with one hop, out of reach of containers', () => {
    expect(dataOf('small').MetadataOptions).toEqual({
      HttpEndpoint: 'enabled',
      HttpProtocolIpv6: 'disabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'enabled',
    });
  });

  it('gives an encrypted disk that is deleted with the machine, which terminates when it powers off', () => {
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

  it('puts machines into the group that lets nothing in, and into no other', () => {
    const [group, ...others] = app.resources('AWS::EC2::SecurityGroup');
    expect(others).toEqual([]);
    const { Export } = Object.values(app.outputs('network')).find(
      ({ Value }) => Value['Fn::GetAtt']?.[0] === group!.id,
    );
    for (const { Properties } of nonEmpty(templates)) {
      const { SecurityGroupIds, NetworkInterfaces } = Properties.LaunchTemplateData;
      expect(SecurityGroupIds).toEqual([{ 'Fn::ImportValue': Export.Name }]);
      expect(NetworkInterfaces).toBeUndefined();
    }
  });

  it("follows the tier's image, disk and role", () => {
    const { ImageId, BlockDeviceMappings, IamInstanceProfile } = dataOf('own');
    expect(ImageId).toBe('resolve:ssm:/images/own:3');
    expect(BlockDeviceMappings).toMatchObject([
      { DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 100, Iops: 6000, Throughput: 500 } },
    ]);
    expect(BlockDeviceMappings[0].Ebs.VolumeInitializationRate).toBe(200);
    expect(dataOf('small').BlockDeviceMappings[0].Ebs).not.toHaveProperty('VolumeInitializationRate');
    const [profile, ...others] = app.resources('AWS::IAM::InstanceProfile');
    expect(others).toEqual([]);
    expect(profile!.Properties.Roles).toEqual(['cache-reader']);
    expect(IamInstanceProfile).toEqual({ Arn: { 'Fn::GetAtt': [profile!.id, 'Arn'] } });
  });

  it("sets CPU credits only if the tier's configuration does", () => {
    expect(dataOf('slow').CreditSpecification).toEqual({ CpuCredits: 'standard' });
    expect(dataOf('small')).not.toHaveProperty('CreditSpecification');
  });

  it("applies the tier's setting for root, and contains its additional user data unchanged", () => {
    const [plain, custom] = ['small', 'own'].map((tier) => scriptOf(tier).join(''));
    expect(plain).toMatch(/ROOTLESS="no"[\s\S]*EXTRA_USER_DATA=""/);
    expect(custom).toContain('ROOTLESS="yes"');
    const added = /EXTRA_USER_DATA="(.+)"/.exec(custom!)![1]!;
    expect(Buffer.from(added, 'base64').toString()).toBe("echo 'as @TOLD@'");
  });

  it.each(['scale-up', 'sweep'])(
    'lets %s look up its image and pass its role to machines, and no more',
    (name) => {
      const statements = statementsByFunction(app, 'my-saas').get(name)!;
      expect(statements.find(({ Sid }) => Sid === 'PassRole')).toEqual({
        Sid: 'PassRole',
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: roleArn,
        Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      });
      const parameters = JSON.stringify(statements.find(({ Sid }) => Sid === 'ReadImages')!.Resource);
      expect(parameters).toContain(':parameter/images/own"');
    },
  );

  it.each([
    ['small', 'amd64', 'x64'],
    ['arm64-medium', 'arm64', 'arm64'],
  ])('of %s starts from the image for %s', (tier, image, architecture) => {
    expect(dataOf(tier).ImageId).toContain(`/current/${image}/hvm/ebs-gp3/ami-id`);
    expect(scriptOf(tier).join('')).toContain(`RUNNER_ARCHITECTURE="${architecture}"`);
  });

  it('runs the boot script, with the addresses of claim and of the bucket and every placeholder filled in', () => {
    const parts = scriptOf('small');
    const urls = parts.filter((part) => typeof part !== 'string');
    expect(urls).toEqual([
      { 'Fn::GetAtt': [expect.stringContaining('claim'), 'FunctionUrl'] },
      { 'Fn::GetAtt': [expect.stringContaining('RunnerBinaries'), 'RegionalDomainName'] },
    ]);
    const text = parts.filter((part) => typeof part === 'string').join('URL');
    const script = compactScript(readFileSync(new URL('../../images/boot.sh', import.meta.url), 'utf8'));
    expect(script).not.toMatch(/^ *#[^!]/m);
    expect(text.split('\n')[0]).toBe('#!/usr/bin/env bash');
    // Ten minutes to boot, five to idle, six hours of job, and half an hour.
    expect(text).toContain('LIFE_MINUTES="405"');
    const last = 'EXTRA_USER_DATA=""';
    expect(text.slice(text.indexOf(last) + last.length)).toBe(script.split('"@EXTRA_USER_DATA@"')[1]);
    expect(text).not.toMatch(/@[A-Z_]+@/);
  });
});
