/**
 * The rules for alarms: who gets e-mail, and when they go off. All settings are optional. Synth does not check that the
 * address exists.
 */
import type { MayflyConfig } from './config.ts';
import { expect, expectText, expectWhole } from './faults.ts';

const minuteBounds = { from: 5, to: 1440 };
const defaultOldestJobMinutes = 60;
/** A day. With less, alarms would go off at night and on weekends. */
const defaultSilenceMinutes = 1440;

export function alarmFaults(config: MayflyConfig): string[] {
  const { alarmEmail, oldestJobMinutes = defaultOldestJobMinutes, webhookSilenceMinutes: silence } = config;
  return [
    ...(alarmEmail === undefined
      ? []
      : expectText('alarmEmail', alarmEmail, {
          pattern: /^(?=.{3,254}$)[^\s@<>]+@[^\s@<>]+$/,
          allowed: 'one e-mail address such as "ops@example.com", or left out',
        })),
    ...expectWhole('oldestJobMinutes', oldestJobMinutes, minuteBounds),
    ...(silence === undefined || silence === false ? [] : silenceFaults(silence)),
  ];
}

/** CloudWatch periods are whole minutes, and an alarm looks back over a day at most. */
function silenceFaults(minutes: number): string[] {
  const faults = expectWhole('webhookSilenceMinutes', minutes, minuteBounds);
  return faults.length > 0
    ? faults.map((fault) => `${fault} To turn the alarm off: false.`)
    : expect('webhookSilenceMinutes', minutes, {
        fits: minutes <= 60 || minutes % 60 === 0,
        allowed: 'up to 60 minutes, or whole hours in minutes',
      });
}

/** The given settings, with defaults for the rest. */
export const checkedAlarms = ({
  alarmEmail,
  oldestJobMinutes,
  webhookSilenceMinutes = defaultSilenceMinutes,
}: MayflyConfig) => ({
  oldestJobMinutes: oldestJobMinutes ?? defaultOldestJobMinutes,
  ...(alarmEmail === undefined ? {} : { alarmEmail }),
  ...(webhookSilenceMinutes === false ? {} : { webhookSilenceMinutes }),
});
