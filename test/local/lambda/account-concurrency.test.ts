import { describe, expect, it } from '@jest/globals';
import { AccountConcurrency } from '../../../lib/local/lambda/account-concurrency.ts';

function takeAll(account: AccountConcurrency, name: string): (() => void)[] {
  const taken: (() => void)[] = [];
  for (let end = account.take(name); end; end = account.take(name)) taken.push(end);
  return taken;
}

describe("an account's concurrency", () => {
  it('is shared by all functions, and freed when a copy ends', () => {
    const account = new AccountConcurrency(12);
    const taken = takeAll(account, 'webhook');
    expect(taken).toHaveLength(12);
    expect(account.take('scale-up')).toBeUndefined();
    taken[0]!();
    expect(account.take('scale-up')).toBeDefined();
  });

  it('that is reserved for a function is always there for it, and is its maximum', () => {
    const account = new AccountConcurrency(15);
    account.reserve('scale-up', 5);
    expect(takeAll(account, 'webhook')).toHaveLength(10);
    expect(takeAll(account, 'scale-up')).toHaveLength(5);
  });

  it('limits a function to its reservation even if the account has no limit', () => {
    const account = new AccountConcurrency();
    account.reserve('webhook', 3);
    expect(takeAll(account, 'webhook')).toHaveLength(3);
    expect(account.take('claim')).toBeDefined();
  });

  it('of a new account cannot be reserved, as on AWS', () => {
    const account = new AccountConcurrency(10);
    expect(() => account.reserve('scale-up', 1)).toThrow(/leaves 9 of the account's 10 unreserved/);
  });
});
