/** What a person does with each command about tenants and jobs, so that all that it can do is done. */
import { expect } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { launchRow } from '../../../lib/adapters/dynamodb/launch-row.ts';
import { runnerRow } from '../../../lib/adapters/dynamodb/runner-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId, InstanceId, JobId } from '../../../lib/core/ids.ts';
import type { Job } from '../../../lib/core/job.ts';
import { givenLaunch, givenRunner, lease0 } from '../../contracts/support/stored.ts';
import { givenJob, givenTenant } from '../../support/given.ts';
import { environment, type OperatorWorld, type Person } from './operator-world.ts';

export function tenantDays({ account, givenApp, storeTenant, changes, givenDeadLetter }: OperatorWorld) {
  /** Runs the command, and puts a row of the job that it has GitHub make. */
  async function withRow<Value>(command: () => Promise<Value>, over: Partial<Job>): Promise<Value> {
    const before = account().github.state().jobs.length;
    const running = command();
    const job = await untilFound(() => account().github.state().jobs[before]);
    await account().put('jobs', jobRow(givenJob({ ...over, jobId: JobId(job.id) })));
    return running;
  }

  return {
    async tenants(person: Person) {
      await storeTenant();
      expect(await person.run(['tenants'])).toMatchObject({
        error: '',
        out: expect.stringContaining('acme'),
      });
    },
    async 'tenant show'(person: Person) {
      await storeTenant();
      for (const name of ['ACME', '101']) {
        const shown = await person.run(['tenant', 'show', name]);
        expect(shown).toMatchObject({ status: 0, out: expect.stringContaining('acme, installation 101') });
      }
    },
    async explain(person: Person) {
      await givenApp();
      await storeTenant();
      const machine = InstanceId('i-0123456789abcdef0');
      await account().put('jobs', jobRow(givenJob({ state: 'covered', lease: lease0 })));
      const placed = givenLaunch([givenJob()], { state: 'closed', instances: new Map([[lease0, machine]]) });
      await account().put('launches', launchRow(placed));
      await account().put('runners', runnerRow(givenRunner({ instanceId: machine })));
      await account().put('jobs', jobRow(givenJob({ jobId: JobId(2) })));
      const url = 'https://github.com/acme/app/actions/runs/1/job/3';
      expect(await person.run(['explain', '1'])).toMatchObject({
        out: expect.stringContaining('boot-overdue'),
      });
      expect(await person.run(['explain', '--tenant', 'ACME'])).toMatchObject({
        out: expect.stringContaining('1 job in small'),
      });
      await givenDeadLetter(3);
      expect(await person.run(['explain', url, '--github'])).toMatchObject({
        status: 1,
        out: expect.stringContaining('dead-letter: Its message failed for an hour'),
      });
    },
    async 'status --tenant'(person: Person) {
      await givenApp();
      await storeTenant();
      const machine = await account().launch(environment, 101);
      const overdue = givenRunner({ instanceId: InstanceId(machine), deadline: Date.now() - 600_000 });
      await account().put('runners', runnerRow(overdue));
      for (const name of ['ACME', '101']) {
        const out = expect.stringContaining(machine);
        expect(await person.run(['status', '--tenant', name])).toMatchObject({ status: 1, out });
      }
    },
    async 'tenant test'(person: Person) {
      await givenApp();
      const { installationId, accountId } = account().github.install({
        login: 'tested',
        repositories: ['app'],
      });
      const tenant = { installationId: InstallationId(installationId), accountLogin: 'tested', accountId };
      await account().put('tenants', newTenantRow(givenTenant(tenant)));
      const by = { name: 'mayfly-test', dispatchable: true, labels: ['self-hosted', 'small'] };
      account().github.setWorkflow('tested/app', by);
      const waits = { installationId: tenant.installationId, acceptedAt: Date.now() };
      const test = (name: string) => person.run(['tenant', 'test', name, '--run', '--wait', '1']);
      expect(await withRow(() => test('tested'), waits)).toMatchObject({
        status: 1,
        out: expect.stringContaining('was not over after 1 s'),
      });
      const machine = InstanceId('i-0123456789abcdef1');
      const runner = givenRunner({ instanceId: machine, installationId: tenant.installationId });
      await account().put('runners', runnerRow(runner));
      const done = { state: 'done', outcome: 'completed', conclusion: 'success', runner: machine } as const;
      expect(await withRow(() => test(String(installationId)), { ...waits, ...done })).toMatchObject({
        out: expect.stringContaining(`${machine} (t3.medium, small) took job`),
      });
    },
    async 'tenant validate'(person: Person) {
      await givenApp();
      await storeTenant();
      const args = ['tenant', 'validate', 'acme'];
      expect(await person.run(args)).toMatchObject({
        status: 1,
        out: expect.stringMatching(/FAIL +installation/),
      });
      expect(await person.run(['tenant', 'validate', '101'])).toMatchObject({ status: 1 });
    },
    async 'tenant approve'(person: Person) {
      await storeTenant({ status: 'pending' });
      await account().put('jobs', jobRow(givenJob()));
      expect(await person.run(['tenant', 'approve', 'acme'])).toMatchObject({ status: 0, error: '' });
      expect(await person.run(['tenant', 'approve', '101'])).toMatchObject({ status: 0, error: '' });
    },
    async 'tenant suspend'(person: Person) {
      await changes(person, ['tenant', 'suspend']);
    },
    async 'tenant rollback'(person: Person) {
      await givenApp();
      await account().run('tenant', 'set', 'acme', '--weight', '3');
      await account().run('tenant', 'set', 'acme', '--weight', '4', '--group', 'ci');
      for (const name of ['acme', '101'])
        expect(await person.run(['tenant', 'rollback', name])).toMatchObject({ status: 1, error: '' });
    },
    async 'tenant resume'(person: Person) {
      await storeTenant({ status: 'suspended', suspendedBy: 'operator' });
      await account().put('jobs', jobRow(givenJob()));
      expect(await person.run(['tenant', 'resume', 'acme'])).toMatchObject({ status: 0, error: '' });
      expect(await person.run(['tenant', 'resume', '101'])).toMatchObject({ status: 0, error: '' });
    },
    async 'tenant set'(person: Person) {
      await givenApp();
      const { installationId } = account().github.install({ login: 'with-app', repositories: ['app'] });
      await storeTenant({ installationId: InstallationId(installationId), accountLogin: 'with-app' });
      await account().put('jobs', jobRow(givenJob({ installationId: InstallationId(installationId) })));
      const one = ['tenant', 'set', 'with-app', '--repositories', 'app'];
      expect(await person.run([...one, '--plan', 'medium'])).toMatchObject({ status: 0, error: '' });
      const kept = await person.run([...one, '--group', 'ci', '--create-group']);
      expect(kept).toMatchObject({ status: 0, out: expect.stringContaining('Created the runner group ci') });
      expect(await person.run(['tenant', 'set', `${installationId}`, '--weight', '2'])).toMatchObject({
        status: 0,
      });
    },
    async 'tenant copy-policy'(person: Person) {
      const policy = { maxRunners: 7, runnerGroup: 'ci' };
      await storeTenant({ ...policy, installationId: InstallationId(102), accountLogin: 'globex' });
      await changes(person, ['tenant', 'copy-policy', 'globex']);
    },
  };
}

async function untilFound<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
