/** What a person does with each command about admission controllers, so that all that it can do is done. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { givenTenant } from '../../support/given.ts';
import type { OperatorAccount } from '../operator-account.ts';

interface Person {
  run(args: readonly string[]): Promise<{ status: number; out: string; error: string }>;
}

/** @param given.app makes GitHub's App known to the deployment */
export function controllerDays(given: { account: () => OperatorAccount; app: () => Promise<void> }) {
  const words = (text: string) => ['controllers', ...text.split(' ')];

  let tenants = 0;

  /** A tenant that GitHub knows, with one controller. */
  async function world(transport: readonly string[] = ['--poll']) {
    const account = given.account();
    await given.app();
    tenants += 1;
    const name = `judged-${tenants}`;
    const { installationId, accountId } = account.github.install({ login: name, repositories: ['app'] });
    const id = InstallationId(installationId);
    const tenant = givenTenant({ installationId: id, accountId, accountLogin: name });
    await account.put('tenants', newTenantRow(tenant));
    const operator = async (...args: readonly string[]) => {
      const { out, status } = await account.run('controllers', ...args, '--json');
      expect(status).toBe(0);
      return JSON.parse(out);
    };
    const made = await operator('create', name, ...transport);
    return { id: made.id as string, name, operator };
  }

  const does = async (person: Person, args: readonly string[]) =>
    expect(await person.run(args)).toMatchObject({ status: 0, error: '' });

  const token = async (controller: boolean) => {
    const { id, name, operator } = await world();
    const of = controller ? ['--controller', id] : [];
    const made = await operator('token', 'create', name, ...of);
    return { name, of, tokenId: made.id as string };
  };

  return {
    async 'controllers list'(person: Person) {
      const { name } = await world();
      await does(person, [...words('list'), name]);
    },
    async 'controllers get'(person: Person) {
      const { id, name } = await world();
      await does(person, [...words('get'), name, id]);
    },
    async 'controllers create'(person: Person) {
      const { name } = await world();
      const file = join(given.account().folder, 'rules.json');
      writeFileSync(file, JSON.stringify([{ reject: 'true', reason: 'No.' }]));
      await does(person, [...words('create'), name, '--rules', file, '--exempt', 'app']);
    },
    async 'controllers update'(person: Person) {
      const { id, name } = await world();
      await does(person, [...words('update'), name, id, '--state', 'enabled', '--exempt', 'app']);
    },
    async 'controllers delete'(person: Person) {
      const { id, name } = await world();
      await does(person, [...words('delete'), name, id]);
    },
    async 'controllers scope list'(person: Person) {
      const { id, name } = await world();
      await does(person, [...words('scope list'), name, id]);
    },
    async 'controllers scope create'(person: Person) {
      const { id, name } = await world();
      await does(person, [...words('scope create'), name, id, '--repository', 'app']);
    },
    async 'controllers scope delete'(person: Person) {
      const { id, name, operator } = await world();
      const { scopes } = await operator('scope', 'create', name, id, '--tier', 'small');
      await does(person, [...words('scope delete'), name, id, scopes[0].id]);
    },
    async 'controllers token list'(person: Person) {
      const { name, of } = await token(true);
      await does(person, [...words('token list'), name, ...of]);
    },
    async 'controllers token create'(person: Person) {
      const { name, of } = await token(true);
      await does(person, [...words('token create'), name, ...of]);
    },
    async 'controllers token rotate'(person: Person) {
      const { name, of, tokenId } = await token(true);
      await does(person, [...words('token rotate'), name, tokenId, ...of]);
    },
    async 'controllers token revoke'(person: Person) {
      const { name, of, tokenId } = await token(false);
      await does(person, [...words('token revoke'), name, tokenId, ...of]);
    },
    async 'controllers secret list'(person: Person) {
      const { id, name } = await world(['--url', 'https://admit.example.com/']);
      await does(person, [...words('secret list'), name, id]);
    },
    async 'controllers secret rotate'(person: Person) {
      const { id, name } = await world(['--url', 'https://admit.example.com/']);
      await does(person, [...words('secret rotate'), name, id]);
    },
    async 'controllers test'(person: Person) {
      const { id, name, operator } = await world();
      // GitHub is asked for the id of the repository.
      await operator('scope', 'create', name, id, '--repository', 'app');
      await does(person, [...words('test'), name, '--tier', 'small', '--repository', `${name}/app`]);
    },
    async 'controllers replay'(person: Person) {
      const { name } = await world();
      const file = join(given.account().folder, 'replayed.json');
      writeFileSync(file, JSON.stringify([{ reject: 'job.tier == "large"', reason: 'No.' }]));
      await does(person, [...words('replay'), name, '--rules', file]);
    },
    async 'controllers decisions'(person: Person) {
      const { name } = await world();
      await does(person, [...words('decisions'), name]);
    },
  };
}
