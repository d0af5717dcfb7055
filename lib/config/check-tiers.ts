/**
 * The rules for each tier and its name. What its machines are made of, and how tiers relate to each other, have files of
 * their own.
 */
import { mostUnderOneCap } from './check-caps.ts';
import { machineFaults, machineNameFaults, machineSettingNames } from './check-machines.ts';
import { pairs, tierOrderFaults } from './check-tier-order.ts';
import {
  expect,
  expectKnownKeys,
  expectText,
  expectWhole,
  expectWord,
  isRecord,
  isTextList,
  shown,
} from './faults.ts';
import { instanceArchitecture } from './instance-architecture.ts';

const mostTiers = 30;
/** Leaves room for `{environment}-{tier}-builds-dead-letters` in the 80 characters of a queue's name. */
const namePattern = /^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/;
const labelPattern = /^[^\s,\p{Cc}\p{Cs}]{1,100}$/u;
/** GitHub's hosted machines use these labels. The platform ignores such jobs, so a tier with one would get none. */
const hostedLabelPattern = /^(?:ubuntu|windows|macos)-(?:latest|\d)/i;
const settings = [
  'labels',
  'extraLabels',
  'architecture',
  'instanceTypes',
  'maxRunners',
  'os',
  'spot',
  'capOverAllTenants',
  'subnetIds',
  ...machineSettingNames,
];

export function tierFaults(tiers: unknown): string[] {
  if (!isRecord(tiers)) return [`tiers is ${shown(tiers)}; it must be an object of tiers by name.`];
  const entries = Object.entries(tiers);
  const count = expect('The number of tiers', entries.length, {
    fits: entries.length >= 1 && entries.length <= mostTiers,
    allowed: `from 1 to ${mostTiers}`,
  });
  const each = entries.flatMap(([name, tier]) => oneTierFaults(name, tier));
  return [
    ...count,
    ...each,
    ...likeNameFaults(entries.map(([name]) => name)),
    ...tierOrderFaults(entries),
    ...machineNameFaults(entries.flatMap(([, tier]) => (isRecord(tier) ? [tier] : []))),
  ];
}

function oneTierFaults(name: string, tier: unknown): string[] {
  const path = `tiers.${name}`;
  const nameFaults = expectText('A tier name', name, {
    pattern: namePattern,
    allowed: '1 to 24 lower-case letters, digits and inner hyphens, beginning with a letter',
  });
  // CDK takes it for a construct that is there already.
  if (name === 'constructor')
    nameFaults.push('A tier name is "constructor"; CDK reserves it, so choose another.');
  if (!isRecord(tier)) return [...nameFaults, `${path} is ${shown(tier)}; it must be an object.`];
  return [
    ...nameFaults,
    ...expectKnownKeys(path, tier, settings),
    ...labelFaults(`${path}.labels`, tier['labels']),
    ...extraLabelFaults(path, tier),
    ...expectWord(`${path}.architecture`, tier['architecture'], ['x64', 'arm64']),
    ...instanceTypeFaults(`${path}.instanceTypes`, tier['instanceTypes'], tier['architecture']),
    ...expectWhole(`${path}.maxRunners`, tier['maxRunners'], { from: 1, to: 1000 }),
    ...(tier['capOverAllTenants'] === undefined
      ? []
      : expectWhole(`${path}.capOverAllTenants`, tier['capOverAllTenants'], {
          from: 1,
          to: mostUnderOneCap,
        })),
    ...expectWord(`${path}.os`, tier['os'] ?? 'linux', ['linux']),
    ...expect(`${path}.spot`, tier['spot'], {
      fits: ['undefined', 'boolean'].includes(typeof tier['spot']),
      allowed: 'true or false',
    }),
    ...machineFaults(path, tier),
  ];
}

/** Extra labels come in addition to the labels: together no more than GitHub accepts, without duplicates. */
function extraLabelFaults(
  path: string,
  { labels, extraLabels }: Readonly<Record<string, unknown>>,
): string[] {
  if (extraLabels === undefined) return [];
  const faults = labelFaults(`${path}.extraLabels`, extraLabels);
  if (faults.length > 0 || !isTextList(extraLabels) || !isTextList(labels)) return faults;
  const own = new Set(labels.map((label) => label.toLowerCase()));
  const repeated = extraLabels.filter((label) => own.has(label.toLowerCase()));
  return [
    ...expect(`The number of ${path}.labels and extraLabels`, labels.length + extraLabels.length, {
      fits: labels.length + extraLabels.length <= 100,
      allowed: 'at most 100 together',
    }),
    ...repeated.map(
      (label) => `${path}.extraLabels has ${shown(label)}, which ${path}.labels has; name it once.`,
    ),
  ];
}

function labelFaults(path: string, labels: unknown): string[] {
  if (!isTextList(labels) || labels.length < 1 || labels.length > 100) {
    return [`${path} is ${shown(labels)}; it must be a list of 1 to 100 labels.`];
  }
  const unfit = labels.flatMap((label) => [
    ...expectText(`A label of ${path}`, label, {
      pattern: labelPattern,
      allowed: '1 to 100 characters without spaces, commas and control characters',
    }),
    ...expect(`A label of ${path}`, label, {
      fits: !hostedLabelPattern.test(label),
      allowed:
        'a label that GitHub-hosted runners do not have; a job with one of theirs never reaches a self-hosted runner',
    }),
  ]);
  const lower = labels.map((label) => label.toLowerCase());
  const twice = new Set(lower.filter((label, index) => lower.indexOf(label) !== index));
  const repeated = [...twice].map(
    (label) => `${path} has ${shown(label)} more than once; labels are compared without regard to case.`,
  );
  return [...unfit, ...repeated];
}

function instanceTypeFaults(path: string, types: unknown, architecture: unknown): string[] {
  if (!isTextList(types) || types.length === 0) {
    return [`${path} is ${shown(types)}; it must be a list of at least one EC2 instance type.`];
  }
  const repeated = types.filter((type, index) => types.indexOf(type) !== index);
  return [
    ...types.flatMap((type) => instanceTypeFault(path, type, architecture)),
    ...new Set(repeated.map((type) => `${path} has ${shown(type)} more than once; name each type once.`)),
  ];
}

function instanceTypeFault(path: string, type: string, architecture: unknown): string[] {
  const actual = instanceArchitecture(type);
  if (actual === undefined) {
    return [
      `${path} has ${shown(type)}; allowed values are EC2 instance types such as "t3.medium" or "m7g.large".`,
    ];
  }
  if (actual === architecture || (architecture !== 'x64' && architecture !== 'arm64')) return [];
  return [`${path} has ${shown(type)}, which is ${actual}; the tier's architecture is ${architecture}.`];
}

/** A stack's outputs are named after tiers, without the hyphens. */
function likeNameFaults(names: readonly string[]): string[] {
  const plain = (name: string) => name.replaceAll('-', '');
  return pairs(names)
    .filter(([one, other]) => plain(one) === plain(other))
    .map(
      ([one, other]) =>
        `The tier names ${shown(one)} and ${shown(other)} differ only in hyphens; choose others.`,
    );
}
