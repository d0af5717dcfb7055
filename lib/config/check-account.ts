/**
 * The rules for account-wide settings (keys, permissions boundary, log retention). Synth does not check that a key or a
 * policy exists; `mayfly preflight` does.
 */
import { leastConcurrency } from '../contract/concurrency.ts';
import { type FunctionName, functionNames } from '../contract/functions.ts';
import type { MayflyConfig } from './config.ts';
import {
  expect,
  expectKnownKeys,
  expectText,
  expectWhole,
  isRecord,
  literally,
  shown,
  textOf,
} from './faults.ts';

/** Without faults, defaults filled in. */
export interface CheckedAccount {
  readonly kmsKeyArn?: string;
  readonly permissionsBoundaryArn?: string;
  readonly logRetentionDays: number;
  readonly reservedConcurrency: Readonly<Partial<Record<FunctionName, number>>>;
}

/** Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const defaultScaleUpConcurrency = 5;

export function accountFaults(config: MayflyConfig): string[] {
  const { kmsKeyArn, permissionsBoundaryArn, logRetentionDays } = config;
  return [
    ...(kmsKeyArn === undefined ? [] : expectText('kmsKeyArn', kmsKeyArn, keyRule(config.region))),
    ...(permissionsBoundaryArn === undefined
      ? []
      : expectText('permissionsBoundaryArn', permissionsBoundaryArn, {
          pattern: /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/,
          allowed: 'the ARN of a managed policy, such as "arn:aws:iam::123456789012:policy/boundary"',
        })),
    ...expect('logRetentionDays', logRetentionDays, {
      fits: logRetentionDays === undefined || retentions.includes(logRetentionDays),
      allowed: `one that CloudWatch allows: ${retentions.join(', ')}`,
    }),
    ...reservationFaults(config),
  ];
}

/** No alias: a key policy works with the key's own ARN. */
const keyRule = (region: unknown) => ({
  pattern: new RegExp(`^arn:aws[a-z-]*:kms:${literally(region)}:\\d{12}:key/[0-9a-z-]{20,40}$`),
  allowed: `the ARN of a key (not of an alias) in ${shown(region)}, such as "arn:aws:kms:${textOf(region)}:123456789012:key/…"`,
});

function reservationFaults(config: MayflyConfig): string[] {
  const { reservedConcurrency, tiers, scaleUpConcurrency = defaultScaleUpConcurrency } = config;
  if (reservedConcurrency === undefined) return [];
  if (!isRecord(reservedConcurrency)) {
    return [
      `reservedConcurrency is ${shown(reservedConcurrency)}; it must be an object with a number for each function.`,
    ];
  }
  const tierCount = isRecord(tiers) ? Object.keys(tiers).length : 0;
  const unknown = expectKnownKeys('reservedConcurrency', reservedConcurrency, functionNames);
  const known = functionNames.filter((name) => reservedConcurrency[name] !== undefined);
  return [
    ...unknown,
    ...known.flatMap((name) => {
      const from = leastConcurrency(name, { tierCount, scaleUpConcurrency });
      const given = reservedConcurrency[name];
      const faults = expectWhole(`reservedConcurrency.${name}`, given, { from, to: 1000 });
      const why = from > 1 && Number(given) < from ? ' (its queues may invoke that many copies at once)' : '';
      return faults.map((fault) => fault.replace(/\.$/, `${why}.`));
    }),
  ];
}

/** The given settings, with defaults for the rest. */
export const checkedAccount = (config: MayflyConfig): CheckedAccount => ({
  ...(config.kmsKeyArn === undefined ? {} : { kmsKeyArn: config.kmsKeyArn }),
  ...(config.permissionsBoundaryArn === undefined
    ? {}
    : { permissionsBoundaryArn: config.permissionsBoundaryArn }),
  logRetentionDays: config.logRetentionDays ?? 30,
  reservedConcurrency: config.reservedConcurrency ?? {},
});
