/**
 * The messages on the queues. Messages are hints: any of them may repeat, be late, come out of order, or get lost. They
 * are JSON. `parseMessage` is the only reader, and its error says what is wrong with a message.
 */
import type { RepositoryVisibility } from '../core/github.ts';
import { InstallationId, InstanceId, JobId, TierName } from '../core/ids.ts';

/** A `workflow_job` event, reduced to what the platform uses. */
export interface JobEvent {
  readonly kind: 'job';
  readonly action: 'queued' | 'waiting' | 'in_progress' | 'completed';
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  readonly runId: number;
  /** Counted from 1; absent if GitHub did not send it. */
  readonly runAttempt?: number;
  /** `owner/name`. */
  readonly repository: string;
  /** Absent if GitHub did not send it. */
  readonly repositoryId?: number;
  readonly repositoryOwnerId: number;
  /** Absent: sent by an older version of the function. */
  readonly visibility?: RepositoryVisibility;
  readonly labels: readonly string[];
  /** The tier that matches the labels; absent if none has them all. */
  readonly tier?: TierName;
  /** The workflow's name, shortened; absent if GitHub did not send it. */
  readonly workflow?: string;
  /** GitHub's `created_at`, epoch milliseconds. */
  readonly queuedAt: number;
  /** When the webhook arrived, epoch milliseconds. Absent: no webhook brought it. */
  readonly receivedAt?: number;
  /** The webhook's `X-GitHub-Delivery`. */
  readonly delivery: string;
  /** The runner that took the job, according to GitHub; null while there is none. */
  readonly runnerName: string | null;
  readonly conclusion: string | null;
}

/** Check whether jobs of this tenant wait in this tier. */
export interface Poke {
  readonly kind: 'poke';
  readonly installationId: InstallationId;
  readonly tier: TierName;
}

/** Something about an installation changed. GitHub is asked for its current state. */
export interface InstallationEvent {
  readonly kind: 'installation';
  /** `installation.created`, `installation_repositories.removed`, … */
  readonly event: string;
  readonly installationId: InstallationId;
  /** `owner/name` of repositories that were removed from the installation. */
  readonly repositoriesRemoved: readonly string[];
  /** Their ids, if GitHub sent them. */
  readonly repositoryIdsRemoved?: readonly number[];
  /** How often GitHub took too long to list what is left, and the event was sent again; absent: never. */
  readonly slowLists?: number;
  readonly delivery: string;
}

/** EC2 reports a change of an instance's state. */
export interface InstanceEvent {
  readonly kind: 'instance';
  readonly instanceId: InstanceId;
  readonly state: string;
}

/** The same about a machine of this tenant, found by the reconciler because EC2's report did not come. */
export interface FoundInstanceEvent extends InstanceEvent {
  readonly installationId: InstallationId;
}

/** EC2 reports that it interrupts a spot machine in two minutes. */
export interface SpotWarning {
  readonly kind: 'spot-warning';
  readonly instanceId: InstanceId;
}

/** Have GitHub rerun a job whose spot machine was interrupted. */
export interface RerunJob {
  readonly kind: 'rerun-job';
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  /** `owner/name`. */
  readonly repository: string;
  readonly repositoryId?: number;
  /** Epoch milliseconds after which it is too late. */
  readonly until: number;
}

/** A machine listened for jobs and ended, and no job is known to have run on it: find out whether GitHub gave it one. */
export interface UnheardRun {
  readonly kind: 'unheard-run';
  readonly installationId: InstallationId;
  readonly instanceId: InstanceId;
}

/**
 * Ask GitHub which repositories and workflows the runner group of a tenant's machines admits, and record it for all
 * copies.
 */
export interface LookAtGroup {
  readonly kind: 'look-at-group';
  readonly installationId: InstallationId;
}

/** GitHub reported a job that is held for an approval as queued, perhaps before the hold: ask for its present state. */
export interface LookAtJob {
  readonly kind: 'look-at-job';
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  /** `owner/name`. */
  readonly repository: string;
  readonly repositoryId?: number;
  /** When GitHub said so, epoch milliseconds. */
  readonly heardAt: number;
}

/** Ask a job's external controllers, as its row requires. */
export interface AskControllers {
  readonly kind: 'admission';
  readonly installationId: InstallationId;
  readonly jobId: JobId;
}

/** End every machine of a tenant that is gone. */
export interface DrainTenant {
  readonly kind: 'drain-tenant';
  readonly installationId: InstallationId;
}

export type Message =
  | JobEvent
  | Poke
  | InstallationEvent
  | InstanceEvent
  | FoundInstanceEvent
  | SpotWarning
  | RerunJob
  | UnheardRun
  | LookAtGroup
  | LookAtJob
  | AskControllers
  | DrainTenant;

/** The messages of the installations queue. */
export type InstallationsMessage = InstallationEvent | RerunJob | UnheardRun | LookAtGroup | LookAtJob;

export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * Parses a message, or an EventBridge event about an EC2 instance.
 * @throws MalformedMessage with what was given and what is allowed
 */
export function parseMessage(body: string): Message {
  const fields = parseObject(body);
  if (fields['detail-type'] === 'EC2 Instance State-change Notification') return instanceEvent(fields);
  if (fields['detail-type'] === 'EC2 Spot Instance Interruption Warning') return spotWarning(fields);
  const kind = fields['kind'];
  // Every object also has names of JavaScript's own, such as `constructor`.
  const read = typeof kind === 'string' && Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (!read) {
    throw new MalformedMessage(
      `A message has kind ${JSON.stringify(kind)}; allowed values are ${Object.keys(readers).join(', ')}.`,
    );
  }
  return read(new Fields(fields));
}

const readers: Record<string, (fields: Fields) => Message> = {
  job: (fields) => ({
    kind: 'job',
    action: fields.oneOf('action', ['queued', 'waiting', 'in_progress', 'completed']),
    installationId: InstallationId(fields.integer('installationId')),
    jobId: JobId(fields.integer('jobId')),
    runId: fields.integer('runId'),
    ...(fields.has('runAttempt') ? { runAttempt: fields.integer('runAttempt') } : {}),
    ...(fields.has('receivedAt') ? { receivedAt: fields.integer('receivedAt') } : {}),
    repository: fields.text('repository'),
    ...(fields.has('repositoryId') ? { repositoryId: fields.integer('repositoryId') } : {}),
    repositoryOwnerId: fields.integer('repositoryOwnerId'),
    ...(fields.has('visibility')
      ? { visibility: fields.oneOf('visibility', ['public', 'private', 'internal']) }
      : {}),
    labels: fields.texts('labels'),
    ...(fields.has('tier') ? { tier: TierName(fields.text('tier')) } : {}),
    ...(fields.has('workflow') ? { workflow: fields.text('workflow') } : {}),
    queuedAt: fields.integer('queuedAt'),
    delivery: fields.text('delivery'),
    runnerName: fields.textOrNull('runnerName'),
    conclusion: fields.textOrNull('conclusion'),
  }),
  poke: (fields) => ({
    kind: 'poke',
    installationId: InstallationId(fields.integer('installationId')),
    tier: TierName(fields.text('tier')),
  }),
  installation: (fields) => ({
    kind: 'installation',
    event: fields.text('event'),
    installationId: InstallationId(fields.integer('installationId')),
    repositoriesRemoved: fields.texts('repositoriesRemoved'),
    ...(fields.has('repositoryIdsRemoved')
      ? { repositoryIdsRemoved: fields.integers('repositoryIdsRemoved') }
      : {}),
    ...(fields.has('slowLists') ? { slowLists: fields.integer('slowLists') } : {}),
    delivery: fields.text('delivery'),
  }),
  'rerun-job': (fields) => ({
    kind: 'rerun-job',
    installationId: InstallationId(fields.integer('installationId')),
    jobId: JobId(fields.integer('jobId')),
    repository: fields.text('repository'),
    ...(fields.has('repositoryId') ? { repositoryId: fields.integer('repositoryId') } : {}),
    until: fields.integer('until'),
  }),
  'unheard-run': (fields) => ({
    kind: 'unheard-run',
    installationId: InstallationId(fields.integer('installationId')),
    instanceId: InstanceId(fields.text('instanceId')),
  }),
  'look-at-group': (fields) => ({
    kind: 'look-at-group',
    installationId: InstallationId(fields.integer('installationId')),
  }),
  'look-at-job': (fields) => ({
    kind: 'look-at-job',
    installationId: InstallationId(fields.integer('installationId')),
    jobId: JobId(fields.integer('jobId')),
    repository: fields.text('repository'),
    ...(fields.has('repositoryId') ? { repositoryId: fields.integer('repositoryId') } : {}),
    heardAt: fields.integer('heardAt'),
  }),
  admission: (fields) => ({
    kind: 'admission',
    installationId: InstallationId(fields.integer('installationId')),
    jobId: JobId(fields.integer('jobId')),
  }),
  instance: (fields) => ({
    kind: 'instance',
    installationId: InstallationId(fields.integer('installationId')),
    instanceId: InstanceId(fields.text('instanceId')),
    state: fields.text('state'),
  }),
  'drain-tenant': (fields) => ({
    kind: 'drain-tenant',
    installationId: InstallationId(fields.integer('installationId')),
  }),
};

function spotWarning(event: Record<string, unknown>): SpotWarning {
  const detail = new Fields((event['detail'] ?? {}) as Record<string, unknown>);
  return { kind: 'spot-warning', instanceId: InstanceId(detail.text('instance-id')) };
}

function instanceEvent(event: Record<string, unknown>): InstanceEvent {
  const detail = new Fields((event['detail'] ?? {}) as Record<string, unknown>);
  return {
    kind: 'instance',
    instanceId: InstanceId(detail.text('instance-id')),
    state: detail.text('state'),
  };
}

function parseObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new MalformedMessage(`A message is not JSON: ${excerpt(body)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedMessage(`A message is not a JSON object: ${excerpt(body)}`);
  }
  return value as Record<string, unknown>;
}

const excerpt = (text: string) => JSON.stringify(text.slice(0, 80));

/** Typed access to an object's fields. Throws at the first invalid one. */
class Fields {
  readonly #values: Record<string, unknown>;
  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }
  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }
  integer(name: string): number {
    const value = this.#values[name];
    return Number.isSafeInteger(value) ? (value as number) : this.#unfit(name, 'a whole number');
  }
  text(name: string): string {
    const value = this.#values[name];
    return typeof value === 'string' && value !== '' ? value : this.#unfit(name, 'a text that is not empty');
  }
  textOrNull(name: string): string | null {
    return this.#values[name] === null ? null : this.text(name);
  }
  integers(name: string): number[] {
    const value = this.#values[name];
    const fits = Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry));
    return fits ? value : this.#unfit(name, 'a list of whole numbers');
  }
  texts(name: string): string[] {
    const value = this.#values[name];
    const fits = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
    return fits ? value : this.#unfit(name, 'a list of texts');
  }
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#values[name] as Word;
    return words.includes(value) ? value : this.#unfit(name, `one of ${words.join(', ')}`);
  }
  #unfit(name: string, allowed: string): never {
    throw new MalformedMessage(
      `In a message, ${name} is ${JSON.stringify(this.#values[name])}; it must be ${allowed}.`,
    );
  }
}
