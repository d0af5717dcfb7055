/** What every command about tenants and the deployment can be asked, so that scripts may rely on it. */
import { describe, expect, it } from '@jest/globals';
import { commands } from './commands.ts';

const optionsOf = (name: string) =>
  commands.find((command) => command.name === name)?.options?.map(({ flags }) => flags.split(' ')[0]) ?? [];

const looks = [
  'status',
  'explain',
  'tenants',
  'tenant show',
  'tenant validate',
  'tenant test',
  'audit',
  'controllers list',
  'controllers get',
  'controllers scope list',
  'controllers token list',
  'controllers secret list',
  'controllers decisions',
  'controllers test',
  'controllers replay',
  'preflight',
  'verify',
  'dead-letters',
];
const changes = [
  'tenant approve',
  'tenant suspend',
  'tenant resume',
  'tenant set',
  'tenant copy-policy',
  'tenant rollback',
  'rollback',
  'controllers create',
  'controllers update',
  'controllers delete',
  'controllers scope create',
  'controllers scope delete',
  'controllers token create',
  'controllers token rotate',
  'controllers token revoke',
  'controllers secret rotate',
];

describe('a command', () => {
  it.each(looks)('%s prints JSON', (name) => {
    expect(optionsOf(name)).toContain('--json');
  });

  it.each(changes)('%s prints JSON, takes a reason, and can only show what it would do', (name) => {
    expect(optionsOf(name)).toEqual(expect.arrayContaining(['--json', '--reason', '--dry-run']));
  });

  it.each(['setup', 'rotate-key', 'rotate-webhook-secret'])(
    '%s takes a reason, which is recorded',
    (name) => {
      expect(optionsOf(name)).toContain('--reason');
    },
  );

  it('for one tenant or its controllers is in one of these lists', () => {
    const names = commands.map(({ name }) => name).filter((name) => /^(?:tenant|controllers)/.test(name));
    expect(names.filter((name) => ![...looks, ...changes].includes(name))).toEqual([]);
  });
});
