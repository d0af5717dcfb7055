/** The rules for where GitHub is. Which App speaks to it is no matter of configuration: `mayfly setup` stores it. */
import type { MayflyConfig } from './config.ts';
import { expect, expectText } from './faults.ts';

export function githubFaults(config: MayflyConfig): string[] {
  return [
    ...expectText('githubHost', config.githubHost, {
      pattern: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      allowed: 'a host name in lower case without scheme and path, such as "github.com"',
    }),
    ...addressFaults('githubApiUrl', config.githubApiUrl),
    ...addressFaults('githubWebUrl', config.githubWebUrl),
  ];
}

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
