/** The parts of a question to IAM about EC2: ARNs, and the keys of tags and regions. */
import type { IamQuestion } from '../aws/service.ts';
import type { Ec2Account } from './account.ts';
import type { Tag } from './form.ts';

export type Context = Record<string, string | readonly string[]>;

export const regionContext = (account: Ec2Account): Context => ({ 'ec2:region': account.region });

export const ec2Arn = (account: Ec2Account, resource: string) =>
  `arn:aws:ec2:${account.region}:${account.accountId}:${resource}`;

export const ec2Question = (
  account: Ec2Account,
  action: string,
  resource: string,
  context: Context,
): IamQuestion => ({
  action: `ec2:${action}`,
  resource: ec2Arn(account, resource),
  context: { ...regionContext(account), ...context },
});

export function requestTags(given: readonly Tag[]): Context {
  if (given.length === 0) return {};
  const context: Context = { 'aws:tagkeys': given.map((tag) => tag.key) };
  for (const tag of given) context[`aws:requesttag/${tag.key}`.toLowerCase()] = tag.value;
  return context;
}

export function tagContext(tags: ReadonlyMap<string, string> = new Map()): Context {
  const context: Context = {};
  for (const [key, value] of tags) {
    context[`aws:resourcetag/${key}`.toLowerCase()] = value;
    context[`ec2:resourcetag/${key}`.toLowerCase()] = value;
  }
  return context;
}
