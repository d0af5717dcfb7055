/**
 * The rules for a tier's machines: image, disk, the job's user, the operator's own setup. No function knows any of it; it
 * goes into the tier's launch template. Synth does not check that an image exists; preflight looks up parameters.
 */
import { type CpuCredits, isBurstable } from '../core/burstable.ts';
import type { TierConfig } from './config.ts';
import { expect, expectText, expectWhole, expectWord, isTextList } from './faults.ts';

/** A tier's machines, defaults filled in. */
export interface MachineSettings {
  /** An AMI's id, or `resolve:ssm:…`. Absent: the stock image of the tier's architecture. */
  readonly image?: string;
  /** The name of the image's root disk. */
  readonly rootDevice: string;
  readonly diskGigabytes: number;
  readonly diskIops: number;
  readonly diskThroughputMegabytes: number;
  /** MiB a second. Absent: EC2 decides how fast it fills the disk from its image. */
  readonly diskInitializationMegabytes?: number;
  /** Absent: EC2's default for the instance type. */
  readonly cpuCredits?: CpuCredits;
  /** The job's user cannot become root. */
  readonly rootless: boolean;
  /** Shell that runs as root before the runner is claimed; empty for none. */
  readonly extraUserData: string;
  /** Absent: machines have no AWS permissions at all. */
  readonly instanceRoleArn?: string;
}

export const machineSettingNames = [
  'image',
  'rootDevice',
  'diskGigabytes',
  'diskIops',
  'diskThroughputMegabytes',
  'diskInitializationMegabytes',
  'cpuCredits',
  'rootless',
  'extraUserData',
  'instanceRoleArn',
] as const satisfies readonly (keyof TierConfig)[];

/** Those of the stock image. */
const stockRootDevice = '/dev/sda1';

/**
 * Limits of gp3 volumes. The first figure of each is included in the volume's price.
 * Source: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type
 */
const gp3 = {
  /** The stock image needs at least this much. */
  gigabytes: { from: 8, to: 65_536 },
  iops: { from: 3_000, to: 80_000 },
  throughputMegabytes: { from: 125, to: 2_000 },
  /** Source: https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html */
  initializationMegabytes: { from: 100, to: 300 },
  iopsPerGigabyte: 500,
  iopsPerMegabyte: 4,
} as const;
const usualGigabytes = 30;

const imageRule = {
  pattern: /^(?:ami-[0-9a-f]{8}(?:[0-9a-f]{9})?|resolve:ssm:\/[\w./-]{1,100}(?::[\w.-]{1,100})?)$/,
  allowed: 'an image\'s id ("ami-…") or "resolve:ssm:" with the path of a parameter that holds one',
};
const deviceRule = {
  pattern: /^\/dev\/(?:sd|xvd)[a-z]\d{0,2}$/,
  allowed: 'the name of the image\'s root disk, such as "/dev/sda1" (Ubuntu) or "/dev/xvda" (Amazon Linux)',
};
const roleRule = {
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,100}$/,
  allowed: 'the ARN of a role ("arn:aws:iam::123456789012:role/name") that EC2 may assume, or left out',
};

type Settings = Readonly<Record<string, unknown>>;

/** @param path such as `tiers.small` */
export function machineFaults(path: string, tier: Settings): string[] {
  const texts = { image: imageRule, rootDevice: deviceRule, instanceRoleArn: roleRule };
  return [
    ...Object.entries(texts).flatMap(([name, rule]) =>
      tier[name] === undefined ? [] : expectText(`${path}.${name}`, tier[name], rule),
    ),
    ...expect(`${path}.rootDevice`, tier['rootDevice'], {
      fits: tier['rootDevice'] === undefined || tier['image'] !== undefined,
      allowed: "left out if there is no image: the stock image's is known",
    }),
    ...expect(`${path}.rootless`, tier['rootless'], {
      fits: ['undefined', 'boolean'].includes(typeof tier['rootless']),
      allowed: 'true or false',
    }),
    ...extraUserDataFaults(`${path}.extraUserData`, tier['extraUserData']),
    ...diskFaults(path, tier),
    ...creditFaults(path, tier),
  ];
}

/** EC2 accepts it only for T types, and one launch template covers all types of a tier. */
function creditFaults(path: string, { cpuCredits, instanceTypes }: Settings): string[] {
  if (cpuCredits === undefined) return [];
  const others = isTextList(instanceTypes) ? instanceTypes.filter((type) => !isBurstable(type)) : [];
  return [
    ...expectWord(`${path}.cpuCredits`, cpuCredits, ['standard', 'unlimited']),
    ...expect(`${path}.cpuCredits`, cpuCredits, {
      fits: others.length === 0,
      allowed: `left out if an instance type is not burstable, such as ${others[0]}`,
    }),
  ];
}

/** It is base64-encoded together with the boot script; EC2 accepts 16 KB for both. */
const mostExtraBytes = 2_560;

function extraUserDataFaults(name: string, text: unknown): string[] {
  if (text === undefined) return [];
  if (typeof text !== 'string')
    return expect(name, text, { fits: false, allowed: 'shell commands, or left out' });
  const bytes = Buffer.byteLength(text);
  return bytes <= mostExtraBytes
    ? []
    : [
        `${name} has ${bytes} bytes; at most ${mostExtraBytes} fit in addition to the boot script. ` +
          'Put the rest into an image, or into a file that it fetches.',
      ];
}

/** The launching functions' policies name each parameter and each role, and an IAM role's policies have limited room. */
const mostNames = 10;

export function machineNameFaults(tiers: readonly Settings[]): string[] {
  const named = tiers.flatMap(({ image, instanceRoleArn }) => [
    ...(typeof image === 'string' && image.startsWith('resolve:') ? [image] : []),
    ...(typeof instanceRoleArn === 'string' ? [instanceRoleArn] : []),
  ]);
  const count = new Set(named).size;
  return expect("The number of different parameters and roles in tiers' image and instanceRoleArn", count, {
    fits: count <= mostNames,
    allowed: `at most ${mostNames}, which is what fits in the role of a function`,
  });
}

/** Checks each figure by itself, then the ratios that EC2 allows between them. */
function diskFaults(path: string, tier: Settings): string[] {
  const { diskGigabytes, diskIops, diskThroughputMegabytes } = withUsualDisk(tier);
  const faults = [
    ...expectWhole(`${path}.diskGigabytes`, diskGigabytes, gp3.gigabytes),
    ...expectWhole(`${path}.diskIops`, diskIops, gp3.iops),
    ...expectWhole(`${path}.diskThroughputMegabytes`, diskThroughputMegabytes, gp3.throughputMegabytes),
    ...(tier['diskInitializationMegabytes'] === undefined
      ? []
      : expectWhole(
          `${path}.diskInitializationMegabytes`,
          tier['diskInitializationMegabytes'],
          gp3.initializationMegabytes,
        )),
  ];
  if (faults.length > 0) return faults;
  const [size, iops, throughput] = [Number(diskGigabytes), Number(diskIops), Number(diskThroughputMegabytes)];
  return [
    ...expect(`${path}.diskIops`, iops, {
      fits: iops === gp3.iops.from || iops <= size * gp3.iopsPerGigabyte,
      allowed: `at most ${gp3.iopsPerGigabyte} for each of the ${size} gigabytes`,
    }),
    ...expect(`${path}.diskThroughputMegabytes`, throughput, {
      fits: throughput * gp3.iopsPerMegabyte <= iops,
      allowed: `at most a quarter of diskIops, which is ${iops}`,
    }),
  ];
}

const withUsualDisk = (tier: Settings) => ({
  diskGigabytes: tier['diskGigabytes'] ?? usualGigabytes,
  diskIops: tier['diskIops'] ?? gp3.iops.from,
  diskThroughputMegabytes: tier['diskThroughputMegabytes'] ?? gp3.throughputMegabytes.from,
});

export function checkedMachine(tier: TierConfig): MachineSettings {
  const { image, diskInitializationMegabytes, cpuCredits, instanceRoleArn } = tier;
  return {
    ...(image === undefined ? {} : { image }),
    rootDevice: tier.rootDevice ?? stockRootDevice,
    diskGigabytes: tier.diskGigabytes ?? usualGigabytes,
    diskIops: tier.diskIops ?? gp3.iops.from,
    diskThroughputMegabytes: tier.diskThroughputMegabytes ?? gp3.throughputMegabytes.from,
    ...(diskInitializationMegabytes === undefined ? {} : { diskInitializationMegabytes }),
    ...(cpuCredits === undefined ? {} : { cpuCredits }),
    rootless: tier.rootless ?? false,
    extraUserData: tier.extraUserData ?? '',
    ...(instanceRoleArn === undefined ? {} : { instanceRoleArn }),
  };
}
