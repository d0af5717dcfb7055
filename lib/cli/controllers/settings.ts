/** The options for a controller's settings, shared by `create` and `update`. */
import { readFileSync } from 'node:fs';
import type { Rule, Transport } from '../../core/controllers/controller.ts';
import type { SettingChanges } from '../../core/controllers/policy-change.ts';
import { type CommandCall, type CommandOption, UsageError } from '../command.ts';
import { type Admin, repositoryIdsOf } from './admin.ts';

export const settingOptions: readonly CommandOption[] = [
  { flags: '--description <text>', description: 'what it is for' },
  {
    flags: '--state <state>',
    description: 'disabled, enabled, or dry_run: asked and recorded, never blocks',
  },
  {
    flags: '--rules <file>',
    description: 'evaluate the rules in this file: [{"reject": CEL, "reason": text}]',
  },
  { flags: '--url <url>', description: 'ask this https URL, with a signed callback' },
  {
    flags: '--poll',
    description: 'it fetches questions from the admission API, and answers there',
  },
  { flags: '--on-failure <policy>', description: 'the decision if there is no answer: reject or admit' },
  { flags: '--timeout <milliseconds>', description: 'limit for its answer: 500 to 10000' },
  { flags: '--match <expression>', description: 'ask only about jobs for which this CEL expression is true' },
  { flags: '--exempt <list>', description: 'repositories it is never asked about, comma-separated, or none' },
];

export async function readSettings(call: CommandCall, admin: Admin): Promise<SettingChanges> {
  const { description, state, onFailure, timeout, match, exempt } = call.options;
  const transport = transportOf(call);
  const ids =
    typeof exempt !== 'string'
      ? undefined
      : exempt === 'none'
        ? []
        : await repositoryIdsOf(call, admin, exempt);
  return {
    ...(typeof description === 'string' ? { description } : {}),
    ...(state === undefined ? {} : { state: wordOf('--state', state, ['disabled', 'enabled', 'dry_run']) }),
    ...(transport ? { transport } : {}),
    ...(onFailure === undefined ? {} : { onFailure: wordOf('--on-failure', onFailure, ['reject', 'admit']) }),
    ...(timeout === undefined ? {} : { timeoutMilliseconds: millisecondsOf(timeout) }),
    ...(typeof match === 'string' ? { match } : {}),
    ...(ids ? { exemptRepositories: ids } : {}),
  };
}

/** Its bounds are checked with the other settings. */
function millisecondsOf(given: unknown): number {
  if (typeof given === 'string' && /^\d+$/.test(given)) return Number(given);
  throw new UsageError(`--timeout is ${JSON.stringify(given)}; it must be a whole number of milliseconds.`);
}

function transportOf({ options }: CommandCall): Transport | undefined {
  const { rules, url, poll } = options;
  const given = [rules, url, poll].filter((value) => value !== undefined);
  if (given.length > 1) throw new UsageError('Give exactly one of --rules, --url and --poll.');
  if (typeof rules === 'string') return { kind: 'rules', rules: readRules(rules) };
  if (typeof url === 'string') return { kind: 'https', url };
  return poll === undefined ? undefined : { kind: 'poll' };
}

/** @throws UsageError if the file is not a JSON list of rules */
export function readRules(path: string): Rule[] {
  const text = readText(path);
  const wrong = () =>
    new UsageError(`${path} must be a JSON list of rules: [{ "reject": "<CEL>", "reason": "<text>" }]`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (!Array.isArray(value) || !value.every(isRule)) throw wrong();
  return value.map(({ reject, reason }) => ({ reject, reason }));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

const isRule = (value: unknown): value is Rule =>
  typeof value === 'object' &&
  value !== null &&
  'reject' in value &&
  typeof value.reject === 'string' &&
  'reason' in value &&
  typeof value.reason === 'string';

function wordOf<Word extends string>(name: string, given: unknown, words: readonly Word[]): Word {
  const word = words.find((each) => each === given);
  if (word !== undefined) return word;
  throw new UsageError(`${name} is ${JSON.stringify(given)}; it must be one of ${words.join(', ')}.`);
}
