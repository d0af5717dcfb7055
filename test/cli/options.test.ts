/** What every command about tenants and the deployment can be asked, so that scripts may rely on it. */
import { describe, expect, it } from '@jest/globals';
import { commands } from '../../lib/cli/commands.ts';

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

  it('about one tenant is in one of these lists', () => {
    const names = commands.map(({ name }) => name).filter((name) => name.startsWith('tenant'));
    expect(names.filter((name) => ![...looks, ...changes].includes(name))).toEqual([]);
  });
});
