/** The account that a runner registers with, as launches and runners carry it. */
import type { Account } from '../../core/tenant.ts';
import { type Row, text } from './attributes.ts';

export const accountValue = (account: Account) => ({
  M: { login: text(account.login), type: text(account.type) },
});

export function accountOf(row: Row): Account {
  const account = row.map('account');
  return { login: account.text('login'), type: account.word('type', ['Organization', 'User']) };
}
