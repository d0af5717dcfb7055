/** An operator's account for all tests of a file, and people in it who may do exactly what a policy allows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { runCommand } from '../../../lib/cli/run-command.ts';
import type { MayflyConfig } from '../../../lib/config/config.ts';
import { JobId } from '../../../lib/core/ids.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { PolicyDocument } from '../../../lib/local/aws/service.ts';
import config from '../../../mayfly.config.ts';
import { givenEvent, givenJob, givenTenant } from '../../support/given.ts';
import { commands } from '../commands.ts';
import { givenOperatorAccount, type OperatorAccount, place } from '../operator-account.ts';
import { recordingIo } from '../support.ts';

interface Answer {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

export interface Person {
  run(args: readonly string[], configuration?: MayflyConfig, configFile?: string): Promise<Answer>;
}

export const { environment } = config;

export type OperatorWorld = ReturnType<typeof useOperatorWorld>;

/** It starts before the first test and stops after the last. */
export function useOperatorWorld() {
  let started: OperatorAccount | undefined;
  let people = 0;
  beforeAll(async () => {
    started = await givenOperatorAccount(environment);
    writeFileSync(keyFile(), started.github.privateKeyPem);
  });
  afterAll(() => started?.close());
  const account = () => {
    if (!started) throw new Error('The account is started before the first test.');
    return started;
  };
  const keyFile = () => join(account().folder, 'app.pem');

  /** Somebody who may do exactly this. */
  function givenPerson(policy: PolicyDocument) {
    people += 1;
    const name = `person-${people}`;
    const arn = `arn:aws:iam::${place.accountId}:user/${name}`;
    const credentials = account().endpoint.addPrincipal({ name, arn, policies: [policy] });
    const isTheirs = ({ caller }: { readonly caller: string }) => caller === name;
    return {
      credentials,
      uses: () => account().endpoint.iam.uses().filter(isTheirs),
      denials: () => account().endpoint.iam.denials().filter(isTheirs),
      async run(args: readonly string[], configuration: MayflyConfig = config, configFile?: string) {
        const { io, printed } = recordingIo();
        const status = await runCommand(commands, args, {
          config: configuration,
          ...(configFile === undefined ? {} : { configFile }),
          io,
          environment: {
            AWS_ENDPOINT_URL: account().endpoint.url,
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          },
        });
        return { status, ...printed() };
      },
    };
  }

  async function givenApp() {
    const operator = givenPerson({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
    const args = ['setup', '--app-id', String(account().github.appId), '--key', keyFile()];
    expect(await operator.run(args)).toMatchObject({ status: 0, error: '' });
  }

  const storeTenant = (over: Partial<Tenant> = {}) =>
    account().put('tenants', newTenantRow(givenTenant(over)));

  /** Once by id and once by login, with a job that waits. */
  async function changes(person: Person, words: readonly string[]) {
    await storeTenant();
    await account().put('jobs', jobRow(givenJob()));
    for (const name of ['acme', '101'])
      expect(await person.run([...words, name])).toMatchObject({ status: 0, error: '' });
  }

  async function givenDeadLetter(jobId = 1) {
    const event = givenEvent({ jobId: JobId(jobId) });
    account().queues.send(`${environment}-small-builds-dead-letters`, JSON.stringify(event));
  }

  return { account, keyFile, givenPerson, givenApp, storeTenant, changes, givenDeadLetter };
}
