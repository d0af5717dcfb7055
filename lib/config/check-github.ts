/** The rules for where GitHub is and which App speaks to it. Nothing is asked of GitHub here. */
import type { MayflyConfig } from './config.ts';
import { expect, expectText } from './faults.ts';

export function githubFaults(config: MayflyConfig): string[] {
  return [
    ...expectText('githubHost', config.githubHost, {
      pattern: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      allowed: 'a host name in lower case without scheme and path, such as "github.com"',
    }),
    ...expectText('githubAppId', config.githubAppId, {
      pattern: /^(?:\d{1,12}|Iv[0-9A-Za-z.]{10,38})$/,
      allowed: 'the App\'s id ("123456") or its client id ("Iv23…"), as a text',
    }),
    ...expect('githubApiUrl', config.githubApiUrl, {
      fits: config.githubApiUrl === undefined || isApiUrl(config.githubApiUrl),
      allowed: 'an https address without a query (http on this machine only), or left out',
    }),
  ];
}

function isApiUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachine(url.hostname));
}

const isThisMachine = (hostname: string) => hostname === '127.0.0.1' || hostname === 'localhost';
