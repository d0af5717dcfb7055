/** The rules for where GitHub is. The App isn't configured here: `mayfly setup` stores it. */
import type { MayflyConfig } from './config.ts';
import { expect, expectText, shown } from './faults.ts';

export function githubFaults(config: MayflyConfig): string[] {
  return [
    ...expectText('githubHost', config.githubHost, {
      pattern: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      allowed: 'a lower-case host name without scheme or path, such as "github.com"',
    }),
    ...addressFaults('githubApiUrl', config.githubApiUrl),
    ...addressFaults('githubWebUrl', config.githubWebUrl),
  ];
}

/** Settings of earlier versions, each with what replaces it. */
const gone = 'runnerGroupId';

export const withoutGone = (config: object) =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== gone));

export function groupFaults(config: MayflyConfig): string[] {
  const given = (config as unknown as Readonly<Record<string, unknown>>)[gone];
  const successor =
    `${gone} is ${shown(given)}, but this setting was removed: an id is the group of one organization only. Name the group with ` +
    'runnerGroup, such as "builds", or with runner_group in the row of one tenant; leave both out for the default group.';
  return [
    ...(gone in config ? [successor] : []),
    ...expect('runnerGroup', config.runnerGroup, {
      fits: config.runnerGroup === undefined || isGroupName(config.runnerGroup),
      allowed: "a group's name of 1 to 100 characters, or left out",
    }),
  ];
}

const isGroupName = (value: unknown) =>
  typeof value === 'string' && value.trim() === value && value.length >= 1 && value.length <= 100;

export const addressFaults = (name: string, value: unknown) =>
  expect(name, value, {
    fits: value === undefined || isAddress(value),
    allowed: 'an https address without a query (http on this machine only), or left out',
  });

function isAddress(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url.hostname));
}

const isThisMachine = (hostname: string) => hostname === '127.0.0.1' || hostname === 'localhost';
