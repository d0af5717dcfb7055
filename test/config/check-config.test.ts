/** The configuration's rules: what passes, each error's message, and that all errors are reported at once. */
import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { ConfigurationError } from '../../lib/config/configuration-error.ts';
import { trustedCertificates } from '../../lib/contract/aws-certificates.ts';
import { fc } from '../support/properties.ts';
import { configWith, defaultConfig, thirtyTiers, tierWith } from './configurations.ts';
import { everySetting, pathsOf, replaced } from './every-setting.ts';

const faultsOf = (config: MayflyConfig) => {
  const outcome = checkConfig(config);
  return outcome.ok ? [] : outcome.faults;
};

const [pem = ''] = trustedCertificates('eu-west-1');
const elsewhere = (region: string) => ({ region, identityCertificates: { [region]: [pem] } });

describe('a pinned runner', () => {
  const runnerSha256 = { x64: 'a'.repeat(64), arm64: 'b'.repeat(64) };

  it.each(['2.329.0', '2.330.12', '2.415.7'])('reaches the machines, with its checksums: %s', (version) => {
    const { deployment } = assertConfig(configWith({ runnerVersion: version, runnerSha256 }));
    expect(deployment.runner).toEqual({ version, sha256: runnerSha256 });
  });

  it('comes from the configured address, whatever slashes it ends with', () => {
    const runnerReleasesUrl = 'https://mirror.example.com/github//';
    expect(assertConfig(configWith({ runnerReleasesUrl })).runnerReleasesUrl).toBe(
      'https://mirror.example.com/github',
    );
  });
});

describe('the configuration of the repository', () => {
  it('passes, with the three default tiers', () => {
    const { deployment } = assertConfig(defaultConfig);
    expect(
      deployment.tiers.map(({ name, maxRunners, instanceTypes }) => [name, maxRunners, instanceTypes]),
    ).toEqual([
      ['small', 2, ['t3.medium']],
      ['medium', 5, ['t3.large', 'm5.large']],
      ['large', 10, ['t3.xlarge', 'm5.xlarge']],
    ]);
    expect(deployment.tiers[0]).toMatchObject({ os: 'linux', spot: false, architecture: 'x64' });
  });

  it('passes with an arm64 tier whose labels overlap those of an x64 one', () => {
    const labels = ['self-hosted', 'linux', 'arm64', 'medium'];
    const arm = tierWith({ labels, architecture: 'arm64', instanceTypes: ['t4g.large', 'm6g.large'] });
    expect(faultsOf(configWith({ tiers: { ...defaultConfig.tiers, 'arm64-medium': arm } }))).toEqual([]);
  });

  it('passes in a region without a built-in certificate, with its own, and gives functions only that one', () => {
    const identityCertificates = { 'xx-moon-1': [pem], 'us-east-1': [pem, pem] };
    const { deployment } = assertConfig(configWith({ region: 'xx-moon-1', identityCertificates }));
    expect(deployment.identityCertificates).toEqual([pem]);
  });

  it('passes with thirty tiers', () => {
    expect(faultsOf(thirtyTiers)).toEqual([]);
  });
});

describe('a fault', () => {
  const { limits } = defaultConfig;
  it.each<[string, Record<string, unknown>, string]>([
    [
      'environment in capitals',
      { environment: 'My-SaaS' },
      'environment is "My-SaaS"; it must be 1 to 24 lower',
    ],
    ['environment too long', { environment: 'a'.repeat(25) }, 'it must be 1 to 24'],
    ['environment that is not a string', { environment: 7 }, 'environment is 7;'],
    ['region', { region: 'Virginia' }, 'region is "Virginia"; it must be the name of an AWS region'],
    [
      'host with a scheme',
      { githubHost: 'https://github.com' },
      'githubHost is "https://github.com"; it must be a lower-case host',
    ],
    ['API address without TLS', { githubApiUrl: 'http://api.example.com' }, 'it must be an https address'],
    ['API address of files', { githubApiUrl: 'ftp://127.0.0.1/' }, 'githubApiUrl is "ftp://127.0.0.1/"'],
    ['API address with a query', { githubApiUrl: 'https://a.example/?b=c' }, 'githubApiUrl is "https'],
    ['web address with a fragment', { githubWebUrl: 'https://a.example/#b' }, 'githubWebUrl is "https'],
    [
      'default tier',
      { defaultTier: 'tiny' },
      'defaultTier is "tiny"; it must be "small" or "medium" or "large"',
    ],
    ['onboarding', { onboarding: 'closed' }, 'onboarding is "closed"; it must be "open" or "approve"'],
    [
      'limit of zero',
      { limits: { ...limits, bootSeconds: 0 } },
      'limits.bootSeconds is 0; it must be a whole number from 1',
    ],
    ['limits', { limits: 600 }, 'limits is 600; it must be an object.'],
    ['another limit', { limits: { ...limits, runSeconds: 9 } }, 'limits has no setting "runSeconds"'],
    ['idle time', { limits: { ...limits, idleSeconds: 0 } }, 'limits.idleSeconds is 0'],
    ['time of a job', { limits: { ...limits, jobSeconds: 0 } }, 'limits.jobSeconds is 0'],
    ['time to wait', { limits: { ...limits, waitSeconds: 0 } }, 'limits.waitSeconds is 0'],
    ['costs export', { costsExport: true }, 'costsExport is true; it must be an object such as {}'],
    ['setting of the export', { costsExport: { bucket: 'b' } }, 'costsExport has no setting "bucket"'],
    [
      'export in a region of another bill',
      { ...elsewhere('us-gov-west-1'), costsExport: {} },
      'AWS has no such exports for "us-gov-west-1"; leave it out.',
    ],
    [
      'limits out of order',
      { limits: { ...limits, waitSeconds: 500 } },
      'it must be more than limits.bootSeconds, 600',
    ],
    [
      'job ends before it may idle',
      { limits: { ...limits, jobSeconds: 60 } },
      'more than limits.idleSeconds, 300',
    ],
    ['caps', { caps: 5 }, 'caps is 5; it must be an object'],
    [
      'cap over all tenants',
      { caps: { machinesInAll: 0 } },
      'caps.machinesInAll is 0; it must be a whole number from 1 to 100000',
    ],
    ['waiting cap', { caps: { waitingJobsPerTenant: 1.5 } }, 'caps.waitingJobsPerTenant is 1.5;'],
    ['launch rate', { caps: { launchesPerMinutePerTenant: '9' } }, 'launchesPerMinutePerTenant is "9";'],
    ['misspelled cap', { caps: { machines: 5 } }, 'caps has no setting "machines"'],
    ['runner that GitHub refuses', { runnerVersion: '2.328.0' }, '"2.329.0" or later'],
    ['runner with the letter of its tag', { runnerVersion: 'v2.335.1' }, 'runnerVersion is "v2.335.1"'],
    ['runner before its release', { runnerVersion: '2.335.1-rc1' }, 'runnerVersion is "2.335.1-rc1"'],
    ['one checksum for all', { runnerSha256: 'a'.repeat(64) }, 'it must be an object with a checksum for'],
    [
      'checksum',
      { runnerSha256: { x64: 'abc' } },
      'runnerSha256.x64 is "abc"; it must be 64 lower-case hexadecimal digits',
    ],
    [
      'checksum without a release',
      { runnerSha256: { x64: 'a'.repeat(64) } },
      'it must be left out unless runnerVersion is set',
    ],
    ['releases address', { runnerReleasesUrl: 'http://mirror' }, 'runnerReleasesUrl is "http://mirror";'],
    ['images', { machineImages: true }, 'machineImages is true; it must be an object such as { keep: 3 }'],
    [
      'images kept',
      { machineImages: { keep: 1 } },
      'machineImages.keep is 1; it must be a whole number from 2',
    ],
    [
      'images of a network without an endpoint',
      {
        machineImages: {},
        network: {
          vpcId: 'vpc-0123456789abcdef0',
          subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' }],
        },
      },
      'machineImages needs network.s3EndpointId',
    ],
    ['group', { runnerGroup: '' }, 'runnerGroup is "";'],
    ['group with a space, which GitHub cuts', { runnerGroup: 'builds ' }, 'runnerGroup is "builds ";'],
    ['group that is not a string', { runnerGroup: 7 }, 'runnerGroup is 7;'],
    ['group by id', { runnerGroupId: 7 }, 'runnerGroupId is 7, but this setting was removed'],
    ['group by id, and its successor', { runnerGroupId: 7 }, 'Name the group with runnerGroup'],
    [
      'concurrency',
      { scaleUpConcurrency: 1 },
      'scaleUpConcurrency is 1; it must be a whole number from 2 to 1000',
    ],
    ['certificates', { identityCertificates: ['x'] }, 'it must be an object of lists by region'],
    [
      'certificates without a region',
      { identityCertificates: { here: [pem] } },
      'a region of identityCertificates is "here"; it must be the name of an AWS region',
    ],
    [
      'no certificate',
      { identityCertificates: { 'us-east-1': [] } },
      'identityCertificates["us-east-1"] is []; it must be a list of 1 to 5 PEM certificates',
    ],
    [
      'a broken certificate',
      { identityCertificates: { 'us-east-1': [pem, '-----BEGIN CERTIFICATE-----\nx\n'] } },
      'identityCertificates["us-east-1"][1] is',
    ],
    [
      'two certificates in one text',
      { identityCertificates: { 'us-east-1': [pem + pem] } },
      'it must be one PEM certificate with an RSA key',
    ],
    [
      "another region's certificate where this one has none",
      { region: 'xx-moon-1', identityCertificates: { 'us-east-1': [pem] } },
      'us-west-2), or identityCertificates["xx-moon-1"] must hold it',
    ],
    [
      'misspelled setting',
      { regoin: 'us-east-1' },
      'has no setting "regoin"; its settings are environment, region,',
    ],
  ])('in %s says what was given and what is allowed', (_, changes, message) => {
    const faults = faultsOf(configWith(changes));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it('is reported together with all others, in one error', () => {
    const config = configWith({
      environment: 'X',
      region: '',
      onboarding: 'no',
      tiers: { small: tierWith({ maxRunners: 0 }) },
    });
    const check = () => assertConfig(config);
    expect(check).toThrow(ConfigurationError);
    expect(check).toThrow(/4 errors.*\n.*environment.*\n.*region.*\n.*maxRunners.*\n.*onboarding/s);
  });

  it('does not occur in a configuration that has every setting', () => {
    expect(Object.keys(everySetting)).toEqual(expect.arrayContaining(Object.keys(defaultConfig)));
    expect(faultsOf(everySetting)).toEqual([]);
  });

  const settings = Object.keys(everySetting);
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
  const isSentence = (fault: string) => fault.endsWith('.');

  it('is reported for any values in place of two settings, without an exception', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...settings), anything, { maxKeys: 2 }), (changes) => {
        const outcome = checkConfig(configWith(changes));
        expect(outcome.ok || outcome.faults.every(isSentence)).toBe(true);
      }),
    );
  });

  it('is reported for any value in place of part of a setting, without an exception', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(everySetting)), anything, (path, value) => {
        const outcome = checkConfig(replaced(everySetting, path, value) as MayflyConfig);
        expect(outcome.ok || outcome.faults.every(isSentence)).toBe(true);
      }),
    );
  });

  it.each([{ toString: 0 }, Symbol('s'), Object.create(null), 10n, '(', [], () => 'x'])(
    'is found in an environment, a region and a date that are %p',
    (value) => {
      const rates = { tiers: { small: [{ from: value, perMinute: 1 }] } };
      const prices = { date: value, region: value, onDemand: {}, disk: {}, address: 0 };
      const changes = { environment: value, region: value, rates, prices };
      const faults = faultsOf({ ...everySetting, ...changes } as unknown as MayflyConfig);
      expect(faults.filter(isSentence).length).toBeGreaterThan(3);
    },
  );
});

describe('the address of GitHub', () => {
  it.each([
    ['github.com', 'https://api.github.com'],
    ['acme.ghe.com', 'https://api.acme.ghe.com'],
    ['github.example.com', 'https://github.example.com/api/v3'],
  ])('of %s is %s', (githubHost, expected) => {
    expect(assertConfig(configWith({ githubHost })).githubApiUrl).toBe(expected);
  });

  it.each(['http://127.0.0.1:4000', 'http://localhost:4000'])(
    'is the configured one, if there is one: %s',
    (address) => {
      const { githubApiUrl } = assertConfig(configWith({ githubApiUrl: `${address}/` }));
      expect(githubApiUrl).toBe(address);
    },
  );
});
