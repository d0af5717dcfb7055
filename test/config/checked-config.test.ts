/** What functions and stacks get from a valid configuration, and what its reader is told about an invalid one. */
import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { ConfigurationError } from '../../lib/config/configuration-error.ts';
import { configWith, defaultConfig } from './configurations.ts';
import { everySetting } from './every-setting.ts';

const tiersOf = (config: MayflyConfig) => assertConfig(config).deployment.tiers;

describe('a valid configuration', () => {
  it('gives functions each setting of a tier, and what is billed for its machines', () => {
    expect(tiersOf(everySetting)).toEqual([
      {
        name: 'small',
        labels: ['self-hosted', 'linux', 'x64', 'small', 'fast'],
        os: 'linux',
        architecture: 'x64',
        instanceTypes: ['t3.medium'],
        maxRunners: 2,
        spot: true,
        subnetIds: ['subnet-0123456789abcdef0'],
        capOverAllTenants: 50,
        billed: {
          diskGigabytes: 40,
          diskIops: 4_000,
          diskThroughputMegabytes: 200,
          cpuCredits: 'standard',
        },
      },
    ]);
  });

  it('lets a tier be used by the plans of later tiers that are no smaller, and no others', () => {
    const plans = tiersOf(defaultConfig).map((tier) => ['includedIn' in tier, tier.includedIn]);
    expect(plans).toEqual([
      [true, ['medium', 'large']],
      [true, ['large']],
      [false, undefined],
    ]);
  });

  it.each([
    ['has a public address, without a NAT gateway', false, true],
    ['has none, behind a NAT gateway', 1, false],
  ])('of a network of its own says that a machine %s', (_, nat, publicAddress) => {
    const [tier] = tiersOf(configWith({ network: { nat } }));
    expect(tier?.billed).toMatchObject({ publicAddress });
    expect(tier?.billed).not.toHaveProperty('cpuCredits');
  });

  it('names the runner group only where one is set', () => {
    expect(assertConfig(configWith({ runnerGroup: 'builds' })).deployment.runnerGroup).toBe('builds');
    expect(assertConfig(defaultConfig).deployment).not.toHaveProperty('runnerGroup');
  });

  it.each([
    [{ githubHost: 'acme.ghe.com' }, 'https://acme.ghe.com'],
    [{ githubWebUrl: 'https://git.example.com/github//' }, 'https://git.example.com/github'],
  ])('with %j shows people GitHub at %s', (changes, expected) => {
    expect(assertConfig(configWith(changes)).githubWebUrl).toBe(expected);
  });

  it('reaches GitHub’s API at the configured address, without the slashes at its end', () => {
    const { githubApiUrl } = assertConfig(configWith({ githubApiUrl: 'https://git.example.com/api//' }));
    expect(githubApiUrl).toBe('https://git.example.com/api');
  });
});

describe('an invalid configuration', () => {
  const thrown = (check: () => unknown) => {
    try {
      check();
    } catch (error) {
      return error as Error;
    }
    throw new Error('Nothing was thrown.');
  };
  const closed = configWith({ onboarding: 'closed' });
  const fault = 'onboarding is "closed"; it must be "open" or "approve".';

  it('is reported as such, with its only error', () => {
    const error = thrown(() => assertConfig(closed));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(`${error}`).toBe(
      `ConfigurationError: The configuration has an error. Correct mayfly.config.ts:\n  - ${fault}`,
    );
  });

  it('names another file to correct, and errors that were found before', () => {
    const { message } = thrown(() => assertConfig(closed, { where: 'other.ts', faults: ['One.'] }));
    expect(message).toBe(`The configuration has 2 errors. Correct other.ts:\n  - One.\n  - ${fault}`);
  });

  it('is one with errors that were found before, though its settings are valid', () => {
    const { message } = thrown(() => assertConfig(defaultConfig, { faults: ['One.'] }));
    expect(message).toBe('The configuration has an error. Correct mayfly.config.ts:\n  - One.');
  });

  it.each([null, 5, 'x', []])('may be no object at all: %j', (config) => {
    const faults = [`The configuration is ${JSON.stringify(config)}, not an object.`];
    expect(checkConfig(config as never)).toEqual({ ok: false, faults });
  });
});
