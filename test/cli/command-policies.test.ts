/**
 * Each command of the operator, run under exactly the policy that `mayfly policy` prints for it: nothing is refused, and
 * no action of the policy could go. Machines and secrets of another environment are out of its reach.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDeploymentAudit } from '../../lib/adapters/dynamodb/deployment-audit.ts';
import { jobRow } from '../../lib/adapters/dynamodb/job-row.ts';
import { launchRow } from '../../lib/adapters/dynamodb/launch-row.ts';
import { runnerRow } from '../../lib/adapters/dynamodb/runner-row.ts';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import { policyNameOf } from '../../lib/cli/command-groups.ts';
import { policies } from '../../lib/cli/policies/policies.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { ownImageParameters } from '../../lib/config/image-parameters.ts';
import { dayOf } from '../../lib/core/days.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { createCostExplorerService } from '../../lib/local/aws/cost-explorer.ts';
import type { BillSource } from '../../lib/local/aws/data-exports.ts';
import type { PolicyDocument } from '../../lib/local/aws/service.ts';
import config from '../../mayfly.config.ts';
import { givenLaunch, givenRunner, lease0 } from '../contracts/support/stored.ts';
import { everyOption, existingNetwork, ownImage } from '../iam/every-option.ts';
import { givenBillExport } from '../support/costs-export.ts';
import { givenEvent, givenJob, givenTenant } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { commands } from './commands.ts';
import { controllerDays } from './controllers/controller-days.ts';
import { givenOperatorAccount, type OperatorAccount, ownStack, place } from './operator-account.ts';
import { recordingIo } from './support.ts';

const environment = config.environment;
let account: OperatorAccount;
let keyFile: string;
beforeAll(async () => {
  account = await givenOperatorAccount(environment);
  keyFile = join(account.folder, 'app.pem');
  writeFileSync(keyFile, account.github.privateKeyPem);
});
afterAll(() => account?.close());

const policyOf = (name: string): PolicyDocument =>
  policies
    .find((one) => one.name === policyNameOf(name))!
    .document({
      environment,
      region: place.region,
      account: place.accountId,
      imageParameters: ownImageParameters(ownImage),
      instanceTypes: Object.values(config.tiers).flatMap((tier) => tier.instanceTypes),
    }) as PolicyDocument;

const withExport: MayflyConfig = { ...config, costsExport: {} };

async function runAsOperator(...args: string[]) {
  const { io } = recordingIo();
  return runCommand(commands, args, { config: withExport, io, environment: account.operator });
}

/** A bucket, and a service that delivers there what is on the bill. */
function givenExports(bill: BillSource = account.bill) {
  const { region } = config;
  const world = givenBillExport({ environment, region, account: place.accountId, bill });
  for (const service of [world.s3, world.exports]) account.endpoint.use(service);
  return world;
}

let people = 0;

/** Somebody who may do exactly this. */
function givenPerson(policy: PolicyDocument) {
  people += 1;
  const name = `person-${people}`;
  const arn = `arn:aws:iam::${place.accountId}:user/${name}`;
  const credentials = account.endpoint.addPrincipal({ name, arn, policies: [policy] });
  const isTheirs = ({ caller }: { readonly caller: string }) => caller === name;
  return {
    credentials,
    uses: () => account.endpoint.iam.uses().filter(isTheirs),
    denials: () => account.endpoint.iam.denials().filter(isTheirs),
    async run(args: readonly string[], configuration: MayflyConfig = config, configFile?: string) {
      const { io, printed } = recordingIo();
      const status = await runCommand(commands, args, {
        config: configuration,
        ...(configFile === undefined ? {} : { configFile }),
        io,
        environment: {
          AWS_ENDPOINT_URL: account.endpoint.url,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      });
      return { status, ...printed() };
    },
  };
}

type Person = ReturnType<typeof givenPerson>;

/** What a person does with a command, so that all that it can do is done. */
const days: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  ...controllerDays({ account: () => account, app: () => givenApp() }),
  async preflight(person) {
    await person.run(['preflight'], everyOption);
    await person.run(['preflight'], existingNetwork);
    await person.run(['preflight'], ownImage);
  },
  async verify(person) {
    const identityCertificates = { [place.region]: [account.ec2.identityCertificatePem] };
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
  async setup(person) {
    const args = ['setup', '--app-id', String(account.github.appId), '--key', keyFile];
    expect(await person.run(args)).toMatchObject({ status: 0, error: '' });
  },
  async status(person) {
    await storeTenant();
    expect(await person.run(['status'])).toMatchObject({ status: 0, out: expect.stringContaining('acme') });
  },
  async tenants(person) {
    await storeTenant();
    expect(await person.run(['tenants'])).toMatchObject({ error: '', out: expect.stringContaining('acme') });
  },
  async 'tenant show'(person) {
    await storeTenant();
    for (const name of ['ACME', '101']) {
      const shown = await person.run(['tenant', 'show', name]);
      expect(shown).toMatchObject({ status: 0, out: expect.stringContaining('acme, installation 101') });
    }
  },
  async explain(person) {
    await givenApp();
    await storeTenant();
    const machine = InstanceId('i-0123456789abcdef0');
    await account.put('jobs', jobRow(givenJob({ state: 'covered', lease: lease0 })));
    const placed = givenLaunch([givenJob()], { state: 'closed', instances: new Map([[lease0, machine]]) });
    await account.put('launches', launchRow(placed));
    await account.put('runners', runnerRow(givenRunner({ instanceId: machine })));
    await account.put('jobs', jobRow(givenJob({ jobId: JobId(2) })));
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
  async 'status --tenant'(person) {
    await givenApp();
    await storeTenant();
    const machine = await account.launch(environment, 101);
    const overdue = givenRunner({ instanceId: InstanceId(machine), deadline: Date.now() - 600_000 });
    await account.put('runners', runnerRow(overdue));
    for (const name of ['ACME', '101']) {
      const out = expect.stringContaining(machine);
      expect(await person.run(['status', '--tenant', name])).toMatchObject({ status: 1, out });
    }
  },
  async 'tenant test'(person) {
    await givenApp();
    const { installationId, accountId } = account.github.install({ login: 'tested', repositories: ['app'] });
    const tenant = { installationId: InstallationId(installationId), accountLogin: 'tested', accountId };
    await account.put('tenants', newTenantRow(givenTenant(tenant)));
    const by = { name: 'mayfly-test', dispatchable: true, labels: ['self-hosted', 'small'] };
    account.github.setWorkflow('tested/app', by);
    const waits = { installationId: tenant.installationId, acceptedAt: Date.now() };
    const test = (name: string) => person.run(['tenant', 'test', name, '--run', '--wait', '1']);
    expect(await withRow(() => test('tested'), waits)).toMatchObject({
      status: 1,
      out: expect.stringContaining('was not over after 1 s'),
    });
    const machine = InstanceId('i-0123456789abcdef1');
    const runner = givenRunner({ instanceId: machine, installationId: tenant.installationId });
    await account.put('runners', runnerRow(runner));
    const done = { state: 'done', outcome: 'completed', conclusion: 'success', runner: machine } as const;
    expect(await withRow(() => test(String(installationId)), { ...waits, ...done })).toMatchObject({
      out: expect.stringContaining(`${machine} (t3.medium, small) took job`),
    });
  },
  async 'tenant validate'(person) {
    await givenApp();
    await storeTenant();
    const args = ['tenant', 'validate', 'acme'];
    expect(await person.run(args)).toMatchObject({
      status: 1,
      out: expect.stringMatching(/FAIL +installation/),
    });
    expect(await person.run(['tenant', 'validate', '101'])).toMatchObject({ status: 1 });
  },
  async 'tenant approve'(person) {
    await storeTenant({ status: 'pending' });
    await account.put('jobs', jobRow(givenJob()));
    expect(await person.run(['tenant', 'approve', 'acme'])).toMatchObject({ status: 0, error: '' });
    expect(await person.run(['tenant', 'approve', '101'])).toMatchObject({ status: 0, error: '' });
  },
  async 'tenant suspend'(person) {
    await changes(person, ['tenant', 'suspend']);
  },
  async 'tenant rollback'(person) {
    await givenApp();
    await account.run('tenant', 'set', 'acme', '--weight', '3');
    await account.run('tenant', 'set', 'acme', '--weight', '4', '--group', 'ci');
    for (const name of ['acme', '101'])
      expect(await person.run(['tenant', 'rollback', name])).toMatchObject({ status: 1, error: '' });
  },
  async rollback(person) {
    const audit = { client: account.rows, tableName: `${environment}-audit` };
    const { recordConfiguration } = createDeploymentAudit(audit);
    const by = { at: new Date().toISOString(), who: 'a test', code: 'code' };
    const other = { ...config, scaleUpConcurrency: 9 };
    await recordConfiguration({ ...by, configuration: JSON.stringify(config) });
    await recordConfiguration({ ...by, configuration: JSON.stringify(other) });
    await recordConfiguration({ ...by, configuration: JSON.stringify(config) });
    const file = join(account.folder, 'mayfly.config.ts');
    writeFileSync(file, 'export default {};');
    const args = ['rollback', '--to', '2', '--yes', '--deploy', 'true', '--wait', '0'];
    expect(await person.run(args, config, file)).toMatchObject({
      status: 1,
      out: expect.stringContaining('No reconciler has run with the new configuration'),
    });
    const back = ['rollback', '--to', '1', '--yes', '--wait', '0'];
    expect(await person.run(back, config, file)).toMatchObject({ error: '' });
  },
  async costs(person) {
    for (const args of [[], ['--tenant', 'acme'], ['--tenant', '101', '--by', 'job', '--format', 'csv']])
      expect(await person.run(['costs', ...args])).toMatchObject({ status: 0, error: '' });
  },
  async invoice(person) {
    await storeTenant();
    for (const name of ['acme', '101'])
      expect(await person.run(['invoice', name, new Date().toISOString().slice(0, 7)])).toMatchObject({
        status: 1,
        error: '',
      });
  },
  async 'costs compare'(person) {
    // On the bill, and not on record: what was found is kept.
    const day = dayOf(Date.now() - 2 * 86_400_000);
    const tags = new Map([
      ['ghr:tenant_id', '101'],
      ['ghr:tenant_tier', 'small'],
      ['ghr:environment', environment],
    ]);
    const line = { day, usageType: 'BoxUsage:m5.large', micros: 1_000_000, tags };
    const bill = createCostExplorerService(Date.now, () => [line]);
    account.endpoint.use(bill);
    bill.setDials({ billed: [...tags.keys()] });
    await account.run('costs', 'activate', '--backfill', day.slice(0, 'yyyy-mm'.length));
    const { out, error } = await person.run(['costs', 'compare']);
    const { exports } = givenExports(bill);
    await person.run(['costs', 'compare'], withExport);
    await runAsOperator('costs', 'export', 'enable');
    exports.deliver();
    const byMachine = await person.run(['costs', 'compare', '--source', 'export'], withExport);
    expect(byMachine).toMatchObject({ out: expect.stringContaining('From the export'), error: '' });
    account.endpoint.use(account.bill);
    expect({ out, error }).toMatchObject({ out: expect.stringContaining('Stored 1 changed day'), error: '' });
  },
  async 'costs export enable'(person) {
    const { exports } = givenExports();
    expect(await person.run(['costs', 'export', 'enable'], withExport)).toMatchObject({
      status: 0,
      error: '',
    });
    exports.deliver();
    expect(await person.run(['costs', 'export', 'enable'], withExport)).toMatchObject({
      status: 0,
      error: '',
    });
  },
  async 'costs export disable'(person) {
    givenExports();
    await runAsOperator('costs', 'export', 'enable');
    const deleted = await person.run(['costs', 'export', 'disable'], withExport);
    expect(deleted).toMatchObject({ out: expect.stringContaining('Deleted'), error: '' });
  },
  async 'prices update'(person) {
    const file = join(account.folder, 'mayfly.prices.json');
    const args = ['prices', 'update', '--output', file];
    expect(await person.run(args)).toMatchObject({ status: 0, error: '' });
  },
  async 'costs activate'(person) {
    account.bill.setDials({ billed: ['ghr:tenant_id', 'ghr:tenant_tier', 'ghr:environment'] });
    const month = new Date().toISOString().slice(0, 7);
    const args = ['costs', 'activate', '--backfill', month];
    expect(await person.run(args)).toMatchObject({ status: 0, error: '' });
  },
  async audit(person) {
    for (const args of [[], ['acme'], ['101']])
      expect(await person.run(['audit', ...args])).toMatchObject({ status: 0, error: '' });
  },
  async 'tenant resume'(person) {
    await storeTenant({ status: 'suspended', suspendedBy: 'operator' });
    await account.put('jobs', jobRow(givenJob()));
    expect(await person.run(['tenant', 'resume', 'acme'])).toMatchObject({ status: 0, error: '' });
    expect(await person.run(['tenant', 'resume', '101'])).toMatchObject({ status: 0, error: '' });
  },
  async 'tenant set'(person) {
    await givenApp();
    const { installationId } = account.github.install({ login: 'with-app', repositories: ['app'] });
    await storeTenant({ installationId: InstallationId(installationId), accountLogin: 'with-app' });
    await account.put('jobs', jobRow(givenJob({ installationId: InstallationId(installationId) })));
    const one = ['tenant', 'set', 'with-app', '--repositories', 'app'];
    expect(await person.run([...one, '--plan', 'medium'])).toMatchObject({ status: 0, error: '' });
    const kept = await person.run([...one, '--group', 'ci', '--create-group']);
    expect(kept).toMatchObject({ status: 0, out: expect.stringContaining('Created the runner group ci') });
    expect(await person.run(['tenant', 'set', `${installationId}`, '--weight', '2'])).toMatchObject({
      status: 0,
    });
  },
  async 'tenant copy-policy'(person) {
    const policy = { maxRunners: 7, runnerGroup: 'ci' };
    await storeTenant({ ...policy, installationId: InstallationId(102), accountLogin: 'globex' });
    await changes(person, ['tenant', 'copy-policy', 'globex']);
  },
  async logs(person) {
    const machine = await account.launch(environment);
    expect(await person.run(['logs', machine])).toMatchObject({ status: 0 });
  },
  async 'dead-letters'(person) {
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
  async 'rotate-webhook-secret'(person) {
    await givenApp();
    expect(await person.run(['rotate-webhook-secret', '--wait', '0'])).toMatchObject({ status: 0 });
  },
  async 'rotate-key'(person) {
    await givenApp();
    const fresh = join(account.folder, 'fresh.pem');
    writeFileSync(fresh, account.github.addPrivateKey());
    expect(await person.run(['rotate-key', '--key', fresh, '--wait', '0'])).toMatchObject({ status: 0 });
  },
  async drain(person) {
    await account.launch(environment);
    const closed = givenLaunch([givenJob()], { state: 'closed', lookAt: Date.now() });
    await account.put('launches', launchRow(closed));
    expect(await person.run(['drain', '--yes'])).toMatchObject({ status: 0 });
  },
};

/** Runs the command, and puts a row of the job that it has GitHub make. */
async function withRow<Value>(command: () => Promise<Value>, over: Partial<Job>): Promise<Value> {
  const before = account.github.state().jobs.length;
  const running = command();
  const job = await untilFound(() => account.github.state().jobs[before]);
  await account.put('jobs', jobRow(givenJob({ ...over, jobId: JobId(job.id) })));
  return running;
}

async function untilFound<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What a command tries in order to be refused. */
const wantsRefused: Readonly<Record<string, readonly string[]>> = {
  // Another image; another type and metadata without tokens; a machine that EC2 does not know.
  verify: ['ec2:RunInstances', 'ec2:RunInstances', 'ec2:TerminateInstances'],
};

async function givenApp() {
  const operator = givenPerson({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
  const args = ['setup', '--app-id', String(account.github.appId), '--key', keyFile];
  expect(await operator.run(args)).toMatchObject({ status: 0, error: '' });
}

const storeTenant = (over: Partial<Tenant> = {}) => account.put('tenants', newTenantRow(givenTenant(over)));

/** Once by id and once by login, with a job that waits. */
async function changes(person: Person, words: readonly string[]) {
  await storeTenant();
  await account.put('jobs', jobRow(givenJob()));
  for (const name of ['acme', '101'])
    expect(await person.run([...words, name])).toMatchObject({ status: 0, error: '' });
}

async function givenDeadLetter(jobId = 1) {
  const event = givenEvent({ jobId: JobId(jobId) });
  account.queues.send(`${environment}-small-builds-dead-letters`, JSON.stringify(event));
}

describe('a person with the policy of a command', () => {
  it.each(Object.keys(days))('%s: has all permissions that it needs, and no others', async (name) => {
    const policy = policyOf(name);
    const person = givenPerson(policy);

    await days[name]!(person);

    expect(person.denials().map(({ action }) => action)).toEqual(wantsRefused[name] ?? []);
    const needed = [policy.Statement]
      .flat()
      .flatMap(({ Sid, Action, Resource }) =>
        [Action]
          .flat()
          .flatMap((action) => [Resource].flat().map((resource) => `${Sid} ${action} ${resource}`)),
      );
    const used = person.uses().map(({ sid, action, resource }) => `${sid} ${action} ${resource}`);
    expect(used.toSorted()).toEqual(needed.toSorted());
  });

  it('reads only the outputs of the policy’s stack', async () => {
    await givenApp();
    const { document } = policies.find(({ name }) => name === 'rotate-webhook-secret')!;
    const there = { environment, region: place.region, account: place.accountId, stack: ownStack };
    const person = givenPerson(document(there) as PolicyDocument);
    const rotate = ['rotate-webhook-secret', '--wait', '0'];
    expect(await person.run([...rotate, '--stack', ownStack])).toMatchObject({ status: 0 });
    expect(person.denials()).toEqual([]);
    expect(await person.run(rotate)).toMatchObject({ status: 2 });
    expect(person.denials()).toMatchObject([{ action: 'cloudformation:DescribeStacks' }]);
  });

  it('exists for every command that calls AWS', () => {
    const calling = commands
      .filter(({ isWithoutAws, name }) => !isWithoutAws && name !== 'policy')
      .map(({ name }) => name);
    const own = Object.keys(days).filter((name) => !name.includes(' --'));
    expect(own.toSorted()).toEqual(calling.toSorted());
  });

  it('fails if any action is missing, and names it', async () => {
    const whole = policyOf('status');
    for (const gone of [whole.Statement].flat()) {
      const person = givenPerson({ Statement: [whole.Statement].flat().filter((one) => one !== gone) });
      const { status, error } = await person.run(['status']);
      expect([status, error]).toEqual([2, expect.stringContaining(String([gone.Action].flat()[0]))]);
      expect(person.denials()).toMatchObject([{ action: [gone.Action].flat()[0] }]);
    }
  });

  it("does not reach another environment's machines and secrets", async () => {
    const stranger = await account.launch('other');
    const reader = givenPerson(policyOf('logs'));
    expect(await reader.run(['logs', stranger])).toMatchObject({ status: 2 });
    expect(reader.denials()).toMatchObject([{ action: 'ec2:GetConsoleOutput' }]);

    const elsewhere = policies.find(({ name }) => name === 'setup')!;
    const others = givenPerson(
      elsewhere.document({
        environment: 'other',
        region: place.region,
        account: place.accountId,
      }) as PolicyDocument,
    );
    const client = new SecretsManagerClient({
      endpoint: account.endpoint.url,
      region: place.region,
      credentials: others.credentials,
      maxAttempts: 1,
    });
    const reading = client.send(new GetSecretValueCommand({ SecretId: 'StateAppSecret' }));
    await expect(reading).rejects.toThrow(/not authorized/);
    client.destroy();
  });
});
