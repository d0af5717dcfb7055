/**
 * How the time is spent from a queued job to the request for a machine, and from a running machine to a listening
 * runner: jobs one at a time, with each phase read from the platform's own log lines, as an operator sees them in
 * CloudWatch.
 */
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { judged } from './goals.ts';
import { type BenchPlatform, latencies, type Tenant } from './platform.ts';
import { median, type Report, type Result } from './result.ts';
import { until } from './until.ts';

/** Milliseconds, from the lines of one job and the events about its machine. */
type Phases = Readonly<Record<PhaseName, number>>;

const phaseNames = [
  'queued to machine asked for',
  'of it webhook and queue',
  'of it recorded to leased',
  'of it leased to asked',
  'machine up to runner listening',
  'of it script to prepared',
  'of it prepared to claimed',
  'of it (in claim) plan and JIT config',
  'of it claimed to confirmed',
] as const;
type PhaseName = (typeof phaseNames)[number];

export async function measurePhases(platform: BenchPlatform): Promise<Report> {
  const { phaseJobs: jobs } = platform.size;
  const tenant = await platform.newTenant();
  await runOne(platform, tenant);
  const measured: Phases[] = [];
  for (let job = 0; job < jobs; job += 1) measured.push(await runOne(platform, tenant));
  return {
    results: phaseNames.map(
      (name): Result => judged(name, median(measured.map((phases) => phases[name])), 'ms'),
    ),
    notes: [
      `Phases: ${jobs} jobs one at a time, median of each phase by itself. The first ends when CreateFleet is sent, so ` +
        `that EC2's own time is no part of it; AWS answers after ${latencies.aws} ms, GitHub after ${latencies.github} ms. ` +
        "A machine of the laptop is up when its boot script starts, and has the runner's program; its phases are mostly " +
        'those of the shell and its tools on these cores.',
    ],
  };
}

interface Line {
  readonly event?: string;
  readonly jobId?: number;
  readonly jobIds?: readonly number[];
  readonly instanceId?: string;
  readonly instanceIds?: readonly string[];
  readonly _aws?: { readonly Timestamp: number };
  readonly [metric: string]: unknown;
}

async function runOne(platform: BenchPlatform, tenant: Tenant): Promise<Phases> {
  const lines: Line[] = [];
  const upAt = new Map<string, number>();
  const stop = platform.events((event) => {
    const { instanceId, state } = event.fields;
    if (event.kind === 'machine' && state === 'running') upAt.set(String(instanceId), event.at);
    lines.push(...lineOf(event));
  });
  try {
    const queuedAt = Date.now();
    const request = {
      repository: `${tenant.login}/app`,
      labels: ['self-hosted', 'small'],
      milliseconds: platform.size.jobMilliseconds,
    };
    const { jobId } = platform.laptop.github.queueJob(request);
    await until(`job ${jobId} has started`, () => lines.some(isAbout('job-started', jobId)));
    return phasesOf({ lines, upAt, queuedAt, jobId });
  } finally {
    stop();
  }
}

function lineOf({ kind, text }: LaptopEvent): Line[] {
  return kind === 'log' && text.startsWith('{') ? [JSON.parse(text) as Line] : [];
}

const isAbout = (name: string, jobId: number) => (line: Line) =>
  line.event === name && (line.jobId === jobId || line.jobIds?.includes(jobId) === true);

function phasesOf(seen: {
  lines: readonly Line[];
  upAt: ReadonlyMap<string, number>;
  queuedAt: number;
  jobId: number;
}): Phases {
  const { lines, upAt, queuedAt, jobId } = seen;
  const about = (name: string) => found(lines.find(isAbout(name, jobId)), name);
  const launch = about('launch');
  const [machine = ''] = launch.instanceIds ?? [];
  const ready = found(
    lines.find(({ event, instanceId }) => event === 'machine-ready' && instanceId === machine),
    'machine-ready',
  );
  // In a separate line if the job waited.
  const accepted = launch['ReceivedToAcceptedMilliseconds'] === undefined ? about('jobs-accepted') : launch;
  const leasedToAsked = figure(launch, 'LeasedToAskedMilliseconds');
  const launchedAt = found(launch._aws, 'time of the launch').Timestamp;
  const started = about('job-started');
  const minted = figure(about('claimed'), 'ClaimedToMintedMilliseconds');
  return {
    'queued to machine asked for':
      launchedAt - figure(launch, 'LeasedToLaunchedMilliseconds') + leasedToAsked - queuedAt,
    'of it webhook and queue': figure(accepted, 'ReceivedToAcceptedMilliseconds'),
    'of it recorded to leased': figure(started, 'AcceptedToLeasedMilliseconds'),
    'of it leased to asked': leasedToAsked,
    'machine up to runner listening':
      found(ready._aws, 'time of the confirm').Timestamp - found(upAt.get(machine), 'start of the machine'),
    'of it script to prepared': figure(ready, 'ScriptToPreparedMilliseconds'),
    'of it prepared to claimed': figure(ready, 'PreparedToClaimedMilliseconds'),
    'of it (in claim) plan and JIT config': minted,
    'of it claimed to confirmed': figure(started, 'ClaimedToListeningMilliseconds') - minted,
  };
}

function figure(line: Line, metric: string): number {
  return Number(found([line[metric]].flat()[0], metric));
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`The platform's log has no line for this: ${what}.`);
  return value;
}
