/** The account that a runner registers with, as stored on launches and runners. */
import type { Account } from '../../core/tenant.ts';
import { type Attributes, compact, optional, type Row, text } from './attributes.ts';

export const accountValue = (account: Account) => ({
  M: compact<Attributes>({
    login: text(account.login),
    type: text(account.type),
    level: optional(account.level, text),
  }),
});

export function accountOf(row: Row): Account {
  const account = row.map('account');
  return compact<Account>({
    login: account.text('login'),
    type: account.word('type', ['Organization', 'User']),
    level: account.optionalWord('level', ['organization', 'repository']),
  });
}
