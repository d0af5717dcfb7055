/**
 * What tests and people may change: latency, faults by route, webhooks that get lost, lifetimes and limits. Dials change
 * how the stand-in answers, never what it knows. A change is merged with what is set.
 */
export interface Dials {
  /** Every public answer waits this long. */
  readonly latencyMs: number;
  readonly faults: readonly Fault[];
  readonly webhooks: WebhookDials;
  readonly tokenLifetimeSeconds: number;
  /** A registration that no runner connects to is removed after this; so is one whose runner went silent. */
  readonly idleRegistrationSeconds: number;
  /** A job whose runner went silent fails this long after it should have ended. */
  readonly lostRunnerSeconds: number;
  /**
   * A job that no runner took for this long is cancelled. GitHub may take a second day until it does.
   * Source: https://docs.github.com/en/actions/reference/limits#existing-system-limits
   */
  readonly queuedSeconds: number;
  /** How long `GET /_runner/message` waits for a job. */
  readonly pollSeconds: number;
  /** Requests in an hour, for each installation; registrations apart. */
  readonly requestsPerHour: number;
  /** Just-in-time registrations in an hour, for each installation. */
  readonly registrationsPerHour: number;
  /**
   * The secondary limits, for each installation and for the App itself (secondary-limits.ts). 0: no such limit. Points: 1 for
   * a GET, 5 for a write, for each endpoint in a minute.
   */
  readonly pointsPerMinute: number;
  /** POST, PATCH, PUT and DELETE in a minute. */
  readonly contentWritesPerMinute: number;
  readonly requestsAtOnce: number;
  /**
   * The answer to requests for a former name of an account or repository. gone: 404, which GitHub documents for renamed
   * organizations, and which applies in any case once the name is taken again. redirect: 301, or 307 if a request has a
   * body, to the address by id.
   * Sources: https://docs.github.com/en/organizations/managing-organization-settings/renaming-an-organization,
   * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
   */
  readonly formerNames: 'gone' | 'redirect';
}

export interface Fault {
  /**
   * `POST /orgs/*\/actions/runners/generate-jitconfig`: a method or `*`, and a path where `*` stands for
   * anything.
   */
  readonly route: string;
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests fail; absent: all. */
  readonly count?: number;
  /** Absent: 1. */
  readonly probability?: number;
  /**
   * before: fail without effect. after: do it, then answer with the fault. drop: do it, then close the connection.
   * Default before.
   */
  readonly when?: 'before' | 'after' | 'drop';
}

/** Chances between 0 and 1. A lost webhook is recorded as a failed delivery, and may be redelivered. */
export interface WebhookDials {
  readonly loseProbability: number;
  readonly duplicateProbability: number;
  readonly delayProbability: number;
  readonly delayMs: number;
}

export interface DialChange extends Partial<Omit<Dials, 'webhooks'>> {
  readonly webhooks?: Partial<WebhookDials>;
}

export const defaultDials: Dials = {
  latencyMs: 0,
  faults: [],
  webhooks: { loseProbability: 0, duplicateProbability: 0, delayProbability: 0, delayMs: 0 },
  tokenLifetimeSeconds: 3600,
  idleRegistrationSeconds: 300,
  lostRunnerSeconds: 60,
  queuedSeconds: 86_400,
  pollSeconds: 20,
  requestsPerHour: 5000,
  registrationsPerHour: 10_000,
  pointsPerMinute: 900,
  contentWritesPerMinute: 80,
  requestsAtOnce: 100,
  formerNames: 'gone',
};

/** @throws Error that names an unknown dial or an invalid value */
export function turnDials(dials: Dials, change: DialChange): Dials {
  rejectUnknown(change, defaultDials, 'dials');
  const { webhooks, faults, ...rest } = change;
  if (webhooks !== undefined) rejectUnknown(webhooks, defaultDials.webhooks, 'dials.webhooks');
  if (faults !== undefined) rejectOddFaults(faults);
  const { formerNames } = change;
  if (formerNames !== undefined && formerNames !== 'gone' && formerNames !== 'redirect') {
    throw new Error(
      `dials.formerNames is ${JSON.stringify(formerNames)}; allowed values are gone, redirect.`,
    );
  }
  return {
    ...dials,
    ...rest,
    faults: faults ?? dials.faults,
    webhooks: { ...dials.webhooks, ...webhooks },
  };
}

function rejectUnknown(given: object, allowed: object, where: string) {
  for (const [name, value] of Object.entries(given)) {
    const example = (allowed as Record<string, unknown>)[name];
    if (example === undefined) {
      throw new Error(`${where} has ${name}; allowed values are ${Object.keys(allowed).join(', ')}.`);
    }
    const fits = typeof value === typeof example && (typeof value !== 'number' || value >= 0);
    if (!fits) {
      const wanted = typeof example === 'number' ? 'a number, at least 0' : `like ${JSON.stringify(example)}`;
      throw new Error(`${where}.${name} is ${JSON.stringify(value)}; it must be ${wanted}.`);
    }
  }
}

function rejectOddFaults(faults: unknown) {
  const fits =
    Array.isArray(faults) &&
    faults.every((fault) => typeof fault?.route === 'string' && typeof fault?.status === 'number');
  if (!fits) {
    throw new Error(
      `dials.faults is ${JSON.stringify(faults)}; it must be a list like [{"route": "POST /app/*", "status": 502}].`,
    );
  }
}

/** The first fault that applies to this request, and the dials with its count reduced by one. */
export function hitFault(
  dials: Dials,
  request: { method: string; path: string },
  fraction: () => number,
): { fault: Fault | undefined; dials: Dials } {
  const at = dials.faults.findIndex(
    (fault) => fault.count !== 0 && matches(fault.route, request) && fraction() < (fault.probability ?? 1),
  );
  const fault = dials.faults[at];
  if (fault?.count === undefined) return { fault, dials };
  const faults = dials.faults.with(at, { ...fault, count: fault.count - 1 });
  return { fault, dials: { ...dials, faults } };
}

function matches(route: string, request: { method: string; path: string }): boolean {
  const [method = '*', path = '*'] = route.trim().split(/\s+/);
  if (method !== '*' && method.toUpperCase() !== request.method) return false;
  const pattern = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`, 'i').test(request.path);
}
