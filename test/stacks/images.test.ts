/** What must hold where images of one's own are made: who makes them, who finds them, and that nothing waits for them. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import { checkAssembly } from '../../lib/local/template/check.ts';
import { registry } from '../../lib/local/template/registry.ts';
import { configWith, defaultConfig, thirtyTiers, tierWith } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { listOf, type Statement, statementsByFunction, synthesized } from './assembly.ts';

const arm = tierWith({
  labels: ['self-hosted', 'linux', 'arm64', 'medium'],
  architecture: 'arm64',
  instanceTypes: ['t4g.large'],
});
const own = tierWith({ labels: ['self-hosted', 'linux', 'x64', 'own'], image: 'ami-0123456789abcdef0' });
const machineImages = { keep: 4 };
const someImages = configWith({ machineImages, tiers: { ...defaultConfig.tiers, arm, own } });
const manyImages = { ...thirtyTiers, machineImages };
const oneImage = configWith({ machineImages, tiers: { arm }, defaultTier: 'arm' });
const app = synthesized(someImages);
const large = synthesized(manyImages);
afterAll(() => {
  app.dispose();
  large.dispose();
});

const propertiesOf = (kind: string) =>
  app.resources(`AWS::ImageBuilder::${kind}`, 'images').map(({ Properties }) => Properties);
const parameters = ['arm64', 'x64'].map((architecture) => `/imagebuilder/my-saas/linux-${architecture}`);

describe('a launch template', () => {
  const imageOf = (tier: string) =>
    app
      .resources('AWS::EC2::LaunchTemplate')
      .find(({ Properties }) => Properties.LaunchTemplateName === `my-saas-${tier}`)!.Properties
      .LaunchTemplateData.ImageId;

  it('finds its image by the parameter that Image Builder writes, unless its tier names one', () => {
    expect(imageOf('small')).toBe(`resolve:ssm:${parameters[1]}`);
    expect(imageOf('arm')).toBe(`resolve:ssm:${parameters[0]}`);
    expect(imageOf('own')).toBe('ami-0123456789abcdef0');
  });

  it('finds the stock image there until one is built, from the same stack as itself', () => {
    const seeded = app.resources('AWS::SSM::Parameter', 'control-plane').map(({ Properties }) => Properties);
    expect(seeded.map(({ Name }) => Name)).toEqual(parameters);
    for (const { DataType, Value } of nonEmpty(seeded)) {
      expect(DataType).toBe('aws:ec2:image');
      expect(Value).toMatch(/^\{\{resolve:ssm:\/aws\/service\/canonical\/ubuntu\/.+\/ami-id\}\}$/);
    }
  });

  it('depends on that parameter, since EC2 looks it up when the template is created', () => {
    const waitsFor = (tier: string) =>
      listOf(
        app
          .resources('AWS::EC2::LaunchTemplate')
          .find(({ Properties }) => Properties.LaunchTemplateName === `my-saas-${tier}`)!['DependsOn'] ?? [],
      );
    const named = app.resources('AWS::SSM::Parameter').map(({ id, Properties }) => [Properties.Name, id]);
    const [arm64, x64] = parameters.map((name) => named.find(([each]) => each === name)![1]);
    expect(waitsFor('small')).toEqual([x64]);
    expect(waitsFor('arm')).toEqual([arm64]);
    expect(waitsFor('own')).toEqual([]);
  });

  it('is used by functions that may read these parameters and no others', () => {
    const read = statementsByFunction(app, 'my-saas')
      .get('scale-up')!
      .find(({ Sid }) => Sid === 'ReadImages')!;
    const names = listOf(read.Resource).map((arn) => /:parameter(.+)"/.exec(JSON.stringify(arn))?.[1]);
    expect(names.map((name) => name?.replace(/\].*$/, '').replace(/"$/, ''))).toEqual(parameters);
  });
});

describe('a pipeline', () => {
  it('exists for each architecture, and starts from the newest stock image each week', () => {
    expect(propertiesOf('ImagePipeline').map(({ Name }) => Name)).toEqual([
      'my-saas-linux-arm64',
      'my-saas-linux-x64',
    ]);
    for (const { Schedule } of nonEmpty(propertiesOf('ImagePipeline'))) {
      expect(Schedule.PipelineExecutionStartCondition).toBe('EXPRESSION_MATCH_ONLY');
    }
    for (const { ParentImage } of nonEmpty(propertiesOf('ImageRecipe'))) {
      expect(ParentImage).toMatch(/^ssm:\/aws\/service\/canonical\//);
    }
  });

  it("installs the bucket's current program for its architecture, with every placeholder filled in", () => {
    const documents = propertiesOf('Component').map(({ Data }) => JSON.stringify(Data));
    expect(documents).toHaveLength(2);
    for (const text of nonEmpty(documents)) {
      expect(text).toContain('Fn::ImportValue');
      expect(text).not.toMatch(/@[A-Z_]+@/);
      expect(text.length).toBeLessThan(16_000);
    }
    expect(documents[0]).toContain('ARCHITECTURE=\\\\\\"arm64');
  });

  it('writes the id of the image where launch templates read it', () => {
    const written = propertiesOf('DistributionConfiguration').flatMap(({ Distributions }) =>
      Distributions.flatMap(
        (each: { SsmParameterConfigurations: object[] }) => each.SsmParameterConfigurations,
      ),
    );
    expect(written).toEqual(
      parameters.map((ParameterName) => ({ ParameterName, DataType: 'aws:ec2:image' })),
    );
  });

  it('builds on machines that are terminated afterwards and require IMDSv2', () => {
    for (const properties of nonEmpty(propertiesOf('InfrastructureConfiguration'))) {
      expect(properties).toMatchObject({
        TerminateInstanceOnFailure: true,
        InstanceMetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      });
      expect(properties.KeyPair).toBeUndefined();
    }
  });

  it('leaves no agent in the image by which somebody could enter its machines', () => {
    for (const { AdditionalInstanceConfiguration } of nonEmpty(propertiesOf('ImageRecipe'))) {
      const SystemsManagerAgent = { UninstallAfterBuild: true };
      expect(AdditionalInstanceConfiguration).toEqual({ SystemsManagerAgent });
    }
  });

  it('derives versions from its content, since they can never change', () => {
    const versions = [...propertiesOf('Component'), ...propertiesOf('ImageRecipe')].map(
      ({ Version }) => Version,
    );
    for (const version of nonEmpty(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(new Set(versions).size).toBe(versions.length);
    const again = synthesized(oneImage);
    const [component] = again.resources('AWS::ImageBuilder::Component');
    again.dispose();
    expect(versions).toContain(component!.Properties.Version);
  });
});

describe('permissions', () => {
  const statementsOf = (description: string): Statement[] =>
    app
      .resources('AWS::IAM::Role', 'images')
      .find(({ Properties }) => Properties.Description === description)!
      .Properties.Policies.flatMap(
        (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
      );
  const isOpen = ({ Resource }: Statement) => listOf(Resource).includes('*');

  it('lets the syncer start these pipelines, and pass no role', () => {
    const statements = statementsByFunction(app, 'my-saas').get('runner-syncer')!;
    const build = statements.find(({ Sid }) => Sid === 'BuildImages')!;
    expect(build.Action).toBe('imagebuilder:StartImagePipelineExecution');
    expect(JSON.stringify(build.Resource)).toContain('image-pipeline/my-saas-linux-x64');
    expect(JSON.stringify(build.Resource)).not.toContain('*');
  });

  it('lets the build machine be controlled, read its component and write its log, and nothing more', () => {
    const statements = statementsOf('Machines that build images');
    const open = statements.filter(isOpen).flatMap(({ Action }) => listOf(Action));
    expect(
      open.every((action) =>
        /^(ssm:UpdateInstanceInformation|ssmmessages:\w+|ec2messages:\w+)$/.test(action),
      ),
    ).toBe(true);
    const others = statements.filter((each) => !isOpen(each)).flatMap(({ Action }) => listOf(Action));
    expect(others.some((action) => action.includes('*'))).toBe(false);
    expect(others).not.toContain('s3:PutObject');
  });

  it('lets only EC2 take the role of the build machine, and only Image Builder that of the cleanup', () => {
    const trusted = app
      .resources('AWS::IAM::Role', 'images')
      .map(({ Properties }) => Properties.AssumeRolePolicyDocument.Statement);
    const of = (name: string) => ({ Service: `${name}.amazonaws.com` });
    expect(trusted).toEqual(
      ['ec2', 'imagebuilder'].map((name) => [
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: of(name) },
      ]),
    );
  });

  it('gives no machine that runs jobs a profile', () => {
    for (const { Properties } of nonEmpty(app.resources('AWS::EC2::LaunchTemplate'))) {
      expect(Properties.LaunchTemplateData.IamInstanceProfile).toBeUndefined();
    }
  });

  it('removes only old images of this environment, never the newest or a recently launched one', () => {
    const tags = propertiesOf('LifecyclePolicy').map(({ ResourceSelection }) => ResourceSelection);
    expect(tags).toEqual(
      ['arm64', 'x64'].map((each) => ({ TagMap: { 'ghr:image': `my-saas-linux-${each}` } })),
    );
    for (const { PolicyDetails } of nonEmpty(propertiesOf('LifecyclePolicy'))) {
      expect(PolicyDetails).toMatchObject([
        {
          // Each costs money for as long as its snapshot is there.
          Filter: { Type: 'AGE', Value: 30, Unit: 'DAYS', RetainAtLeast: 4 },
          // A job runs for five days at most.
          ExclusionRules: { Amis: { LastLaunched: { Value: 7, Unit: 'DAYS' } } },
        },
      ]);
    }
    const [images] = statementsOf('Removes old images');
    expect(images!.Condition.StringEquals['aws:ResourceTag/ghr:environment']).toBe('my-saas');
  });
});

describe('the stack of images', () => {
  it('exists only if configured', () => {
    const without = synthesized(defaultConfig);
    const types = without.resources().map(({ Type }) => Type);
    without.dispose();
    expect(types.filter((type) => /ImageBuilder|SSM/.test(type))).toEqual([]);
  });

  it('is refused by the laptop, which has no Image Builder, with the name of each type', () => {
    const faults = checkAssembly(loadAssembly(app.folder), registry);
    const types = new Set(faults.map(({ type }) => type));
    expect([...types].filter((type) => !type?.startsWith('AWS::ImageBuilder::'))).toEqual([]);
    expect(types).toContain('AWS::ImageBuilder::ImagePipeline');
  });

  it("stays under 70% of CloudFormation's limits with thirty tiers", () => {
    for (const stack of ['images', 'control-plane']) {
      expect(large.templateBytes(stack)).toBeLessThan(0.7 * 1_000_000);
      expect(large.resources(undefined, stack).length).toBeLessThan(0.7 * 500);
    }
  });
});
