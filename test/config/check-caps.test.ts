import { describe, expect, it } from '@jest/globals';
import { assertConfig } from '../../lib/config/check-config.ts';
import { readSubnets, subnetsText } from '../../lib/contract/environment.ts';
import { configWith, defaultConfig, tierWith } from './configurations.ts';

describe('caps', () => {
  it('have defaults for each tenant, and none for all of them together', () => {
    expect(assertConfig(defaultConfig).deployment.caps).toEqual({
      waitingJobsPerTenant: 1000,
      launchesPerMinutePerTenant: 60,
    });
  });

  it('reach the functions as configured, including those of tiers', () => {
    const config = configWith({
      caps: { machinesInAll: 100 },
      tiers: { small: tierWith({ capOverAllTenants: 40 }) },
    });
    const { caps, tiers } = assertConfig(config).deployment;
    expect(caps).toMatchObject({ machinesInAll: 100, waitingJobsPerTenant: 1000 });
    expect(tiers[0]?.capOverAllTenants).toBe(40);
  });

  it('of spending can be strict, and refuse jobs instead of holding them', () => {
    const { caps } = assertConfig(
      configWith({ caps: { strictSpend: true, overSpend: 'refuse' } }),
    ).deployment;
    expect(caps).toMatchObject({ strictSpend: true, overSpend: 'refuse' });
    const wrong = { caps: { strictSpend: 'yes', overSpend: 'drop' } } as never;
    expect(() => assertConfig(configWith(wrong))).toThrow(
      /caps\.strictSpend is "yes"; it must be true or false\.(.|\n)*caps\.overSpend is "drop"; it must be "hold" or "refuse"/,
    );
  });

  it.each([
    ['machinesInAll', 100_000],
    ['waitingJobsPerTenant', 10_000],
    ['launchesPerMinutePerTenant', 10_000],
  ])('%s may be %i at most', (name, most) => {
    const check = (value: number) => assertConfig(configWith({ caps: { [name]: value } }));
    expect(check(most).deployment.caps).toMatchObject({ [name]: most });
    expect(() => check(most + 1)).toThrow(`caps.${name} is ${most + 1}; it must be a whole number`);
  });

  it.each([0, 100_001, 'all'])('of a tier over all tenants cannot be %p', (capOverAllTenants) => {
    const config = configWith({ tiers: { small: tierWith({ capOverAllTenants }) } });
    expect(() => assertConfig(config)).toThrow(/tiers\.small\.capOverAllTenants is .*from 1 to 100000/);
  });
});

describe('subnets in a variable', () => {
  it('are read in the order in which they were written', () => {
    const subnets = [
      { subnetId: 'subnet-1', zone: 'us-east-1a' },
      { subnetId: 'subnet-2', zone: 'us-east-1b' },
    ];
    expect(readSubnets(subnetsText(subnets))).toEqual(subnets);
  });

  it.each(['subnet-1', 'subnet-1=', '=a', 'a=b=c'])('cannot be %p', (text) => {
    expect(() => readSubnets(text)).toThrow(/must be like "subnet-1=us-east-1a/);
  });
});
