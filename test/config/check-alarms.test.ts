/** Who gets alarms: left out, valid and invalid, with what was given and what is allowed. */
import { describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../lib/config/check-config.ts';
import { configWith, defaultConfig } from './configurations.ts';

const faultsOf = (changes: Record<string, unknown>) => {
  const outcome = checkConfig(configWith(changes));
  return outcome.ok ? [] : outcome.faults;
};

describe('who gets alarms', () => {
  it('may be left out: then nobody gets them', () => {
    const outcome = checkConfig(defaultConfig);
    expect(outcome.ok && Object.keys(outcome.config)).not.toContain('alarmEmail');
  });

  it.each([['ops@example.com'], ['a+b@sub.example.co']])('may be %s', (alarmEmail) => {
    expect(faultsOf({ alarmEmail })).toEqual([]);
  });

  it.each([['ops'], ['a@b@c'], ['Ops <ops@example.com>'], [''], [7], [null]])('is not %j', (alarmEmail) => {
    const [fault, ...others] = faultsOf({ alarmEmail });
    expect(others).toEqual([]);
    expect(fault).toContain(`alarmEmail is ${JSON.stringify(alarmEmail)}; it must be one e-mail address`);
  });
});

describe('the silence that triggers an alarm', () => {
  it('is a day by default, and false turns the alarm off', () => {
    const usual = checkConfig(defaultConfig);
    expect(usual.ok && usual.config.webhookSilenceMinutes).toBe(1440);
    const off = checkConfig(configWith({ webhookSilenceMinutes: false }));
    expect(off.ok && Object.keys(off.config)).not.toContain('webhookSilenceMinutes');
  });

  it.each([5, 60, 120, 1440])('may be %d minutes', (webhookSilenceMinutes) => {
    expect(faultsOf({ webhookSilenceMinutes })).toEqual([]);
  });

  it.each([0, 4, 1441, 61, 2.5, '60', true, null])('is not %j', (webhookSilenceMinutes) => {
    const [fault, ...others] = faultsOf({ webhookSilenceMinutes });
    expect(others).toEqual([]);
    expect(fault).toMatch(/^webhookSilenceMinutes is .+; it must be /);
  });
});

describe('the wait of the oldest job that triggers an alarm', () => {
  it('is an hour by default', () => {
    const outcome = checkConfig(defaultConfig);
    expect(outcome.ok && outcome.config.oldestJobMinutes).toBe(60);
  });

  it.each([5, 61, 1440])('may be %d minutes', (oldestJobMinutes) => {
    expect(faultsOf({ oldestJobMinutes })).toEqual([]);
  });

  it.each([0, 4, 1441, 7.5, '60', null])('is not %j', (oldestJobMinutes) => {
    expect(faultsOf({ oldestJobMinutes })).toEqual([
      expect.stringMatching(/^oldestJobMinutes is .+; it must be /),
    ]);
  });
});
