/**
 * What `mayfly verify` needs: what preflight reads, and to launch one machine under the same conditions as the platform's
 * own roles (lib/constructs/access/machine-grants.ts), so that a launch that works proves that EC2 supplies the
 * conditions' keys. Before the deploy the names of subnets and the security group are unknown; a template of the
 * environment restricts the launch to them.
 */
import { tagKeys } from '../../core/tags.ts';
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { preflightStatements } from './preflight-policy.ts';

export function verifyStatements(target: PolicyTarget): PolicyStatement[] {
  const { environment, region, instanceTypes = [], imageParameters = [], kmsKeyArn } = target;
  const types = [...new Set(instanceTypes)].sort();
  const ec2 = (kind: string) => arn('ec2', target, `${kind}/*`);
  const image = `arn:aws:ec2:${region}::image/*`;
  const fromTemplate = { ArnLike: { 'ec2:LaunchTemplate': ec2('launch-template') } };
  const requestTag = { [`aws:RequestTag/${tagKeys.environment}`]: environment };
  const ofEnvironment = { StringEquals: { [`ec2:ResourceTag/${tagKeys.environment}`]: environment } };
  const ofTypes = types.length > 0 ? { StringLikeIfExists: { 'ec2:InstanceType': types } } : undefined;
  const made = [ec2('instance'), ec2('volume')];
  const interfaces = ec2('network-interface');
  const used = [ec2('subnet'), ec2('security-group'), interfaces];
  return [
    ...preflightStatements({ ...target, imageParameters: [] }),
    allow('LookAtMachine', ['ec2:DescribeInstances', 'ec2:DescribeVolumes'], ['*']),
    allow('FromTemplates', ['ec2:CreateFleet', 'ec2:RunInstances'], [ec2('launch-template')], ofEnvironment),
    allow('Ask', ['ec2:CreateFleet'], [ec2('fleet'), image, ...used, ...made], ofTypes),
    allow('Use', ['ec2:RunInstances'], used, fromTemplate),
    allow('OwnImage', ['ec2:RunInstances'], [image], {
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    }),
    allow('Start', ['ec2:RunInstances'], made, {
      StringEquals: requestTag,
      StringEqualsIfExists: { 'ec2:MetadataHttpTokens': 'required' },
      ...ofTypes,
      ...fromTemplate,
    }),
    allow('Tag', ['ec2:CreateTags'], [...made, interfaces], {
      StringEquals: { ...requestTag, 'ec2:CreateAction': ['CreateFleet', 'RunInstances'] },
    }),
    allow(
      'FindImage',
      ['ssm:GetParameters'],
      [
        `arn:aws:ssm:${region}::parameter/aws/service/*`,
        ...[`/imagebuilder/${environment}/*`, ...imageParameters].map((name) =>
          arn('ssm', target, `parameter${name}`),
        ),
      ],
    ),
    ...(kmsKeyArn === undefined ? [] : diskKey(target, kmsKeyArn)),
    allow('EndMachine', ['ec2:TerminateInstances', 'ec2:GetConsoleOutput'], [ec2('instance')], ofEnvironment),
  ];
}

const diskKey = ({ region }: PolicyTarget, kmsKeyArn: string): PolicyStatement[] => {
  const StringEquals = { 'kms:ViaService': `ec2.${region}.amazonaws.com` };
  return [
    allow(
      'EncryptDisk',
      [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      [kmsKeyArn],
      { StringEquals },
    ),
    allow('LendKeyToDisk', ['kms:CreateGrant'], [kmsKeyArn], {
      StringEquals,
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
    }),
  ];
};
