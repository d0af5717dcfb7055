/** What a person does with each command about the deployment as a whole, so that all that it can do is done. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { createDeploymentAudit } from '../../../lib/adapters/dynamodb/deployment-audit.ts';
import { launchRow } from '../../../lib/adapters/dynamodb/launch-row.ts';
import config from '../../../mayfly.config.ts';
import { givenLaunch } from '../../contracts/support/stored.ts';
import { everyOption, existingNetwork, ownImage } from '../../iam/every-option.ts';
import { givenJob } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';
import { place } from '../operator-account.ts';
import { environment, type OperatorWorld, type Person } from './operator-world.ts';

export function deploymentDays({ account, keyFile, givenApp, storeTenant, givenDeadLetter }: OperatorWorld) {
  return {
    async preflight(person: Person) {
      await person.run(['preflight'], everyOption);
      await person.run(['preflight'], existingNetwork);
      await person.run(['preflight'], ownImage);
    },
    async verify(person: Person) {
      const identityCertificates = { [place.region]: [account().ec2.identityCertificatePem] };
      const trusting = { ...config, identityCertificates };
      for (const tier of nonEmpty(Object.keys(config.tiers))) {
        const { status, out } = await person.run(['verify', '--json', '--tier', tier], trusting);
        const rows = JSON.parse(out) as { check: string; verdict: string; found: string }[];
        // That a dry run is refused is what the check of the conditions is for.
        expect(rows.filter(({ verdict }) => verdict !== 'PASS')).toEqual([]);
        expect(status).toBe(0);
      }
      await person.run(['preflight'], everyOption);
    },
    async setup(person: Person) {
      const args = ['setup', '--app-id', String(account().github.appId), '--key', keyFile()];
      expect(await person.run(args)).toMatchObject({ status: 0, error: '' });
    },
    async status(person: Person) {
      await storeTenant();
      expect(await person.run(['status'])).toMatchObject({ status: 0, out: expect.stringContaining('acme') });
    },
    async rollback(person: Person) {
      const audit = { client: account().rows, tableName: `${environment}-audit` };
      const { recordConfiguration } = createDeploymentAudit(audit);
      const by = { at: new Date().toISOString(), who: 'a test', code: 'code' };
      const other = { ...config, scaleUpConcurrency: 9 };
      await recordConfiguration({ ...by, configuration: JSON.stringify(config) });
      await recordConfiguration({ ...by, configuration: JSON.stringify(other) });
      await recordConfiguration({ ...by, configuration: JSON.stringify(config) });
      const file = join(account().folder, 'mayfly.config.ts');
      writeFileSync(file, 'export default {};');
      const args = ['rollback', '--to', '2', '--yes', '--deploy', 'true', '--wait', '0'];
      expect(await person.run(args, config, file)).toMatchObject({
        status: 1,
        out: expect.stringContaining('No reconciler has run with the new configuration'),
      });
      const back = ['rollback', '--to', '1', '--yes', '--wait', '0'];
      expect(await person.run(back, config, file)).toMatchObject({ error: '' });
    },
    async audit(person: Person) {
      for (const args of [[], ['acme'], ['101']])
        expect(await person.run(['audit', ...args])).toMatchObject({ status: 0, error: '' });
    },
    async logs(person: Person) {
      const machine = await account().launch(environment);
      expect(await person.run(['logs', machine])).toMatchObject({ status: 0 });
    },
    async 'dead-letters'(person: Person) {
      await givenDeadLetter();
      expect(await person.run(['dead-letters'])).toMatchObject({
        status: 1,
        out: expect.stringContaining('job 1 of acme/app'),
      });
      for (const queue of ['small-builds', 'lifecycle', 'completions', 'installations', 'admission']) {
        const sent = await person.run(['dead-letters', '--send-back', `${environment}-${queue}`]);
        expect(sent).toMatchObject({ status: 0 });
      }
    },
    async 'rotate-webhook-secret'(person: Person) {
      await givenApp();
      expect(await person.run(['rotate-webhook-secret', '--wait', '0'])).toMatchObject({ status: 0 });
    },
    async 'rotate-key'(person: Person) {
      await givenApp();
      const fresh = join(account().folder, 'fresh.pem');
      writeFileSync(fresh, account().github.addPrivateKey());
      expect(await person.run(['rotate-key', '--key', fresh, '--wait', '0'])).toMatchObject({ status: 0 });
    },
    async drain(person: Person) {
      await account().launch(environment);
      const closed = givenLaunch([givenJob()], { state: 'closed', lookAt: Date.now() });
      await account().put('launches', launchRow(closed));
      expect(await person.run(['drain', '--yes'])).toMatchObject({ status: 0 });
      expect(await person.run(['drain', '--resume'])).toMatchObject({ status: 0 });
    },
  };
}
