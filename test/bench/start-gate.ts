/**
 * What the start gate adds to a job whose controllers have already decided: the time from GitHub's event that the job
 * began to its end, and the calls of the function that answers the machine, compared with a tenant without
 * controllers.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InstallationId } from '../../lib/core/ids.ts';
import type { CallRecord } from '../../lib/local/aws/service.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { dynamoStores } from '../contracts/support/store-backends.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { judged } from './goals.ts';
import type { BenchPlatform, Tenant } from './platform.ts';
import { median, type Report } from './result.ts';
import { until } from './until.ts';

/** The job does nothing: all of its time passes before its first step. */
const jobMilliseconds = 1;

export async function measureStartGate(platform: BenchPlatform): Promise<Report> {
  const open = await platform.newTenant();
  const gated = await platform.newTenant();
  await admitAll(platform, gated);
  // The first job of each loads what a busy platform has loaded.
  for (const tenant of [open, gated]) await runOne(platform, tenant);
  const [without, withGate]: [Ran[], Ran[]] = [[], []];
  for (let job = 0; job < platform.size.gatedJobs; job++) {
    without.push(await runOne(platform, open));
    withGate.push(await runOne(platform, gated));
  }
  for (const tenant of [open, gated]) await platform.rest(tenant);
  const added = (of: (ran: Ran) => number) => median(withGate.map(of)) - median(without.map(of));
  return {
    results: [
      judged('start gate: answer by a cached decision', median(withGate.map(({ answer }) => answer)), 'ms'),
      judged(
        'start gate: time added to a job',
        added(({ milliseconds }) => milliseconds),
        'ms',
      ),
      judged('begun to over, without a gate', median(without.map(({ milliseconds }) => milliseconds)), 'ms'),
      judged(
        'start gate: calls of claim added',
        added(({ calls }) => calls),
        'calls a job',
      ),
    ],
    notes: [
      `Start gate: ${platform.size.gatedJobs} jobs of ${jobMilliseconds} ms one at a time, in turns with those of a tenant ` +
        'without controllers; what is added is a difference of two medians. The answer comes once the platform has heard ' +
        'which job began.',
    ],
  };
}

/** A rule that rejects nothing, enabled for all jobs. */
async function admitAll({ laptop }: BenchPlatform, { installationId }: Tenant): Promise<void> {
  const { region, endpointUrl: endpoint, operatorCredentials: credentials } = laptop;
  const client = new DynamoDBClient({ region, endpoint, credentials });
  const { controllers } = dynamoStores(client, laptop.tables);
  const owner = InstallationId(installationId);
  const controller = givenController({
    owner,
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
    transport: { kind: 'rules', rules: [{ reject: 'job.tier == "huge"', reason: 'No.' }] },
  });
  const saved = await controllers.save(await controllers.policyOf(owner), { put: [controller], remove: [] });
  client.destroy();
  if (saved !== 'saved') throw new Error('The controller was not saved.');
}

interface Ran {
  /** From GitHub's event that it began to its end. */
  readonly milliseconds: number;
  readonly calls: number;
  /** From the first AWS call for the machine's last question to the answer. */
  readonly answer: number;
}

async function runOne({ laptop, events }: BenchPlatform, { login }: Tenant): Promise<Ran> {
  const times = new Map<string, number>();
  const claim = `${laptop.environment}-claim`;
  const calls: CallRecord[] = [];
  let wanted = 0;
  const stop = events(({ kind, text, at, fields }: LaptopEvent) => {
    if (kind === 'github' && fields['jobId'] === wanted) times.set(text, at);
    if (kind === 'log' && text.includes('"event":"start-admitted"')) times.set('admitted', at);
  });
  const stopCalls = laptop.endpoint.onCall((call) => {
    if (call.caller === claim) calls.push(call);
  });
  try {
    const request = { repository: `${login}/app`, labels: ['self-hosted', 'small'] };
    wanted = laptop.github.queueJob({ ...request, milliseconds: jobMilliseconds }).jobId;
    await until(`job ${wanted} is over`, () => times.has('job-completed'), { everyMilliseconds: 20 });
    const last = calls.at(-1);
    const first = calls.find(({ invocation }) => invocation === last?.invocation);
    return {
      milliseconds: times.get('job-completed')! - times.get('job-started')!,
      calls: calls.length,
      answer: (times.get('admitted') ?? 0) - (first?.at ?? 0),
    };
  } finally {
    stop();
    stopCalls();
  }
}
