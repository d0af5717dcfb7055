/** The most that is allowed, under each option that adds to the templates: thirty tiers still fit in what AWS takes, with room. */
import { afterAll, describe, expect, it } from '@jest/globals';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { configWith, thirtyTiers } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type Synthesized, statementsByFunction, synthesized } from './assembly.ts';

/** As long as names may be with six subnets: the addresses of thirty queues and the subnets take 3,330 characters. */
const longest: MayflyConfig = {
  ...thirtyTiers,
  ...{ environment: 'the-name-of-24-character', region: 'ap-southeast-1', defaultTier: 'tier-01x' },
  tiers: Object.fromEntries(
    Object.entries(thirtyTiers.tiers).map(([name, tier], n) => [n < 12 ? `${name}x` : name, tier]),
  ),
};
const hexadecimal = (n: number) => String(n).padStart(17, '0');
const subnets = [...'abcdef'].map((letter, n) => ({
  id: `subnet-${hexadecimal(n)}`,
  zone: `${longest.region}${letter}`,
}));
const egress = [
  { to: 'internet', protocol: 'tcp', ports: [1, 65_535] },
  ...Array.from({ length: 12 }, (_, n) => ({ to: `10.${n}.0.0/16`, protocol: 'tcp', ports: 443 })),
];
const existing = { vpcId: `vpc-${hexadecimal(1)}`, subnets, s3EndpointId: `vpce-${hexadecimal(1)}` };
const rules = {
  kmsKeyArn: `arn:aws:kms:${longest.region}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef`,
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
  reservedConcurrency: { webhook: 100, claim: 100, 'scale-up': 150, lifecycle: 6, 'tenant-manager': 5 },
};

/** Types that take the most letters of a role before families stand for them. */
const manyTypes = Object.fromEntries(
  Object.entries(longest.tiers).map(([name, tier], n) => {
    const isSmaller = n < 15;
    const x64 = isSmaller ? ['m7i-flex', 'c7i'] : ['c7i'];
    const families = tier.architecture === 'arm64' ? ['m7g', 'c7gn'] : x64;
    const size = isSmaller ? '12xlarge' : '16xlarge';
    return [name, { ...tier, instanceTypes: families.map((family) => `${family}.${size}`) }];
  }),
);

const configurations: readonly [string, MayflyConfig][] = [
  ['no option', thirtyTiers],
  [
    'many types under the rules of an account',
    configWith({ ...longest, ...rules, network: existing, tiers: manyTypes }),
  ],
  ['the longest names', configWith({ ...longest })],
  ['six zones behind NAT gateways', configWith({ ...longest, network: { zones: 6, nat: true, egress } })],
  ['an existing network', configWith({ ...longest, network: { ...existing, egress } })],
  [
    'an existing network with its ACL',
    configWith({ ...longest, network: { ...existing, networkAcl: false } }),
  ],
  ['the rules of an account', configWith({ ...longest, ...rules, network: existing })],
];

const apps = new Map<MayflyConfig, Synthesized>();
afterAll(() => {
  for (const app of apps.values()) app.dispose();
});
const appOf = (config: MayflyConfig): Synthesized => {
  const app = apps.get(config) ?? synthesized(config);
  apps.set(config, app);
  return app;
};

describe.each(configurations)('thirty tiers with %s', (_, config) => {
  it.each(['network', 'state', 'control-plane', 'observability'])(
    "stay under 70%% of CloudFormation's limits in %s",
    (stack) => {
      const app = appOf(config);
      expect(app.templateBytes(stack)).toBeLessThan(0.7 * 1_000_000);
      expect(app.resources(undefined, stack).length).toBeLessThan(0.7 * 500);
      expect(Object.keys(app.outputs(stack)).length).toBeLessThan(0.7 * 200);
    },
  );

  it("have roles that fit in IAM's 10,240 characters", () => {
    for (const [name, statements] of nonEmpty(statementsByFunction(appOf(config), config.environment))) {
      expect([name, JSON.stringify(filledIn(statements)).length < 10_240]).toEqual([name, true]);
    }
  });

  it("have functions whose variables fit in Lambda's 4 KB", () => {
    for (const { Properties } of nonEmpty(appOf(config).resources('AWS::Lambda::Function'))) {
      const bytes = measured(filledIn(Properties.Environment?.Variables ?? {}));
      expect([Properties.FunctionName, bytes < 4096, bytes]).toEqual([Properties.FunctionName, true, bytes]);
    }
  });
});

/**
 * Lambda measures the variables as JSON, in which each quote of a value takes two bytes: its error message shows the text that
 * it measured. https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
 */
const measured = (variables: unknown) => Buffer.byteLength(JSON.stringify(variables));

/** As AWS would count it, each name, id and ARN as long as it gets. */
function filledIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = ['', undefined]] = Object.entries(value);
  if (key === 'Ref' && argument === 'AWS::Partition') return 'aws-us-gov';
  if (key === 'Ref' && String(argument).includes('Queue'))
    return `https://sqs.${longest.region}.amazonaws.com/123456789012/${longest.environment}-tier-01${/\dx/i.test(String(argument)) ? 'x' : ''}-builds`;
  if (key === 'Ref' && String(argument).includes('table')) return `${longest.environment}-launches`;
  if (key === 'Ref' && String(argument).includes('Secret'))
    return `arn:aws:secretsmanager:${longest.region}:123456789012:secret:${'x'.repeat(34)}-123456`;
  if (key === 'Ref') return String(argument).startsWith('AWS::') ? '123456789012' : 'lt-0123456789abcdef0';
  if (key === 'Fn::Join') return (filledIn(argument[1]) as string[]).join('');
  if (key === 'Fn::ImportValue') return importedText(String(argument));
  if (key === 'Fn::Select') return `${longest.region}a`;
  if (JSON.stringify(argument).includes('SecurityGroup')) return 'sg-0123456789abcdef0';
  if (key.startsWith('Fn::')) return 'x'.repeat(85);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, filledIn(entry)]));
}

/** What other stacks export: ids of subnets and endpoints are short, names and ARNs are not. */
function importedText(name: string): string {
  if (/Subnet\w+$/.test(name) && name.includes('ExportsOutputRef')) return 'subnet-0123456789abcdef0';
  if (name.includes('SecurityGroup')) return 'sg-0123456789abcdef0';
  if (name.includes('Secret'))
    return `arn:aws:secretsmanager:${longest.region}:123456789012:secret:${'x'.repeat(34)}-123456`;
  return name.includes('FnGetAtt') ? 'x'.repeat(85) : `${longest.environment}-launches`;
}
