/**
 * The options of `mayfly tenant set`, as changes of a tenant's row. All errors are reported at once, each with what
 * was given and what is allowed.
 */
import { type Attributes, flag, number, text } from '../../adapters/dynamodb/attributes.ts';
import type { PolicyEdit } from '../../adapters/dynamodb/policy-change.ts';
import { type CapAttribute, capValue, microsOf } from '../../adapters/dynamodb/spend-row.ts';
import type { MayflyConfig } from '../../config/config.ts';
import type { CommandCall, CommandOption } from '../command.ts';

export interface SetPlace {
  readonly tiers: MayflyConfig['tiers'];
  /** The stored attributes. */
  readonly row: Attributes;
}

/** What to write or, if it is a text, what is allowed. */
type Reading = PolicyEdit | string;

interface Setter extends CommandOption {
  readonly read: (given: string, place: SetPlace) => Reading;
}

const most = 100_000;
const wholeNumber = `a whole number from 0 to ${most}`;
const isLimit = (value: string) => /^\d{1,6}$/.test(value) && Number(value) <= most;

/** In the order in which they are applied: later ones win. */
const setters: readonly Setter[] = [
  {
    flags: '--plan <tier>',
    description: "the plan; also sets max runners to the plan's, unless that is given",
    read(given, { tiers }) {
      const tier = Object.hasOwn(tiers, given) ? tiers[given] : undefined;
      return tier ? { tier: text(given), max_runners: number(tier.maxRunners) } : oneOf(Object.keys(tiers));
    },
  },
  {
    flags: '--max-runners <n>',
    description: 'limit of live machines over all tiers',
    read: (given) => (isLimit(given) ? { max_runners: number(Number(given)) } : wholeNumber),
  },
  {
    flags: '--tier-limit <tier=n>',
    description: "limits of machines by tier, comma-separated; small=default restores the tier's own limit",
    read: tierLimits,
  },
  {
    flags: '--allowed-tiers <list>',
    description: 'the tiers it may use, comma-separated, or all',
    read(given, { tiers }) {
      if (given === 'all') return { allowed_tiers: null };
      const names = [...new Set(entriesOf(given))];
      const areKnown = names.length > 0 && names.every((name) => Object.hasOwn(tiers, name));
      return areKnown
        ? { allowed_tiers: { SS: names } }
        : `all, or a comma-separated list of ${Object.keys(tiers).join(', ')}`;
    },
  },
  {
    flags: '--weight <n>',
    description: 'its share when machines are scarce; default: 1',
    read(given) {
      if (given === 'default') return { weight: null };
      const isWeight = /^\d{1,4}(\.\d{1,3})?$/.test(given) && Number(given) > 0 && Number(given) <= 1_000;
      return isWeight ? { weight: number(Number(given)) } : 'a number above 0, at most 1000, or default';
    },
  },
  {
    flags: '--level <level>',
    description: 'where its runners register: auto, organization or repository',
    read(given, { row }) {
      if (given === 'auto') return { runner_level: null };
      if (given === 'organization' && isUser(row)) return `auto or repository: ${ofUser}`;
      const levels = ['organization', 'repository'];
      return levels.includes(given) ? { runner_level: text(given) } : oneOf(['auto', ...levels]);
    },
  },
  {
    flags: '--group <name>',
    description: "its runner group, by name; default: the deployment's",
    read(given, { row }) {
      if (given === 'default') return { runner_group: null };
      if (isUser(row)) return `default: ${ofUser}`;
      const isName = given.trim() !== '' && given.length <= longestGroup;
      return isName
        ? { runner_group: text(given) }
        : `a name of at most ${longestGroup} characters, or default`;
    },
  },
  {
    flags: '--public <choice>',
    description: "jobs of public repositories: refuse, allow, or github, as GitHub's settings say",
    read: (given) =>
      Object.hasOwn(publicChoices, given)
        ? { allow_public_repositories: publicChoices[given]! }
        : oneOf(Object.keys(publicChoices)),
  },
  {
    flags: '--spend-cap <dollars>',
    description: 'what it may spend in a month (UTC), at list prices; none removes the cap',
    read: (given) => capRead('spend_cap', given),
  },
  {
    flags: '--daily-cap <dollars>',
    description: 'what it may spend in a day (UTC); none removes the cap',
    read: (given) => capRead('daily_cap', given),
  },
  {
    flags: '--spend-strict <choice>',
    description:
      'whether each machine counts at its longest possible life: on, off, or default, as configured',
    read: (given) =>
      Object.hasOwn(strictChoices, given)
        ? { spend_strict: strictChoices[given]! }
        : oneOf(Object.keys(strictChoices)),
  },
];

const isUser = (row: Attributes) => row['account_type']?.S === 'User';
const ofUser = 'the account is a user, whose runners always register with repositories, in no group';

const strictChoices: Readonly<Record<string, ReturnType<typeof flag> | null>> = {
  on: flag(true),
  off: flag(false),
  default: null,
};

function capRead(name: CapAttribute, given: string): Reading {
  if (given === 'none') return { [name]: null };
  const micros = microsOf(given);
  return micros === undefined
    ? 'dollars from 0 to 9999999, with at most six decimals and a point, or none'
    : { [name]: capValue(micros) };
}

/** GitHub does not document its own bound; its form accepts fewer. */
const longestGroup = 128;

const publicChoices: Readonly<Record<string, ReturnType<typeof flag> | null>> = {
  refuse: flag(false),
  allow: flag(true),
  github: null,
};

export const setOptions: readonly CommandOption[] = setters.map(({ flags, description }) => ({
  flags,
  description,
}));

/** @returns what to write, and what is wrong, one sentence for each error */
export function readSetOptions(
  options: CommandCall['options'],
  place: SetPlace,
): { readonly edit: PolicyEdit; readonly faults: readonly string[] } {
  const readings = setters.flatMap(({ flags, read }) => {
    const given = options[keyOf(flags)];
    return typeof given === 'string' ? [{ flags, given, reading: read(given, place) }] : [];
  });
  const faults = readings.flatMap(({ flags, given, reading }) =>
    typeof reading === 'string'
      ? [`${flags.split(' ')[0]} is ${JSON.stringify(given)}; it must be ${reading}.`]
      : [],
  );
  const edits = readings.flatMap(({ reading }) => (typeof reading === 'string' ? [] : [reading]));
  return { edit: Object.assign({}, ...edits), faults };
}

/** Commander's name for an option: `--tier-limit <tier=n>` is `tierLimit`. */
const keyOf = (flags: string) =>
  flags
    .slice(2)
    .split(' ')[0]!
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Limits of tiers that are not named stay. */
function tierLimits(given: string, { tiers, row }: SetPlace): Reading {
  const limits = new Map(Object.entries(row['tier_limits']?.M ?? {}));
  const entries = entriesOf(given).map((entry) => entry.split('='));
  const areFit = entries.every(
    ([tier = '', limit = '', ...rest]) =>
      // The limit of a tier that is no longer configured can still be removed.
      (limit === 'default'
        ? Object.hasOwn(tiers, tier) || limits.has(tier)
        : Object.hasOwn(tiers, tier) && isLimit(limit)) && rest.length === 0,
  );
  if (entries.length === 0 || !areFit) {
    return `TIER=N, comma-separated: TIER ${oneOf(Object.keys(tiers))}, and N ${wholeNumber}, or default`;
  }
  for (const [tier = '', limit = ''] of entries) {
    if (limit === 'default') limits.delete(tier);
    else limits.set(tier, number(Number(limit)));
  }
  return { tier_limits: limits.size === 0 ? null : { M: Object.fromEntries(limits) } };
}

const oneOf = (words: readonly string[]) => `one of ${words.join(', ')}`;

export const entriesOf = (list: string): string[] =>
  list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
