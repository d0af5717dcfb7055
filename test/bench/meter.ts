/**
 * Counts what the functions use between two moments: calls to AWS and GitHub, DynamoDB units, queue messages,
 * invocations with their time, and log lines. A function's time is its processor time here plus the time that it
 * waited for calls at the dialled latencies, so that a busy machine adds nothing. The operator and schedules are not
 * counted.
 */
import type { CallRecord } from '../../lib/local/aws/service.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import type { FunctionUse, Use } from './bill.ts';
import { longestChain, type TimedCall } from './critical-path.ts';
import { type BenchPlatform, latencies } from './platform.ts';

export interface Reading {
  readonly awsCalls: number;
  readonly githubCalls: number;
  /** Calls by function and action, most frequent first. */
  readonly byAction: readonly {
    readonly action: string;
    readonly calls: number;
    readonly writeUnits: number;
  }[];
  /** By function, action and table, or index as `table/index`; most expensive first. */
  readonly unitsByPart: readonly UnitsOfPart[];
  /** The same for reads. */
  readonly readsByPart: readonly UnitsOfPart[];
  /** Log lines by event name. */
  readonly logsByEvent: readonly LinesOfEvent[];
  /** Of the write units, those of writes that a condition or another transaction refused. */
  readonly failedUnits: number;
  readonly use: Use;
}

export interface UnitsOfPart {
  readonly part: string;
  readonly units: number;
}

export interface LinesOfEvent {
  readonly event: string;
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Functions that run because of a job. A schedule's calls grow with time, so a short measurement may or may not
 * include one.
 */
const jobFunctions = ['webhook', 'scale-up', 'claim', 'lifecycle'];

/** The only requests to GitHub in the life of a successful job; the stand-in reports each. */
const githubRequests = ['token-minted', 'runner-registered'];

/**
 * Instance states that EventBridge sends to the lifecycle queue, by the rule in control-plane.ts; each counts as a
 * send.
 */
const endStates = ['terminated', 'stopped'];

/** @returns a function that stops counting */
export function startMeter(
  { laptop, events }: BenchPlatform,
  functions: readonly string[] = jobFunctions,
): () => Reading {
  const counted = new Set(functions.map((name) => `${laptop.environment}-${name}`));
  const before = laptop.functions.usage();
  const tally = { githubCalls: 0, endEvents: 0, logLines: 0, logBytes: 0 };
  const calls: CallRecord[] = [];
  const lines = new Map<string, { event: string; lines: number; bytes: number }>();
  const stopCalls = laptop.endpoint.onCall((call) => {
    if (counted.has(call.caller)) calls.push(call);
  });
  const stopEvents = events(({ kind, text, fields }: LaptopEvent) => {
    if (kind === 'github' && githubRequests.includes(text)) tally.githubCalls += 1;
    if (kind === 'machine' && endStates.includes(String(fields['state']))) tally.endEvents += 1;
    if (kind !== 'log' || fields['stream'] === 'host' || !counted.has(String(fields['functionName']))) return;
    tally.logLines += 1;
    const bytes = Buffer.byteLength(text);
    tally.logBytes += bytes;
    const event = /"event":"([^"]*)"/.exec(text)?.[1] ?? 'counts';
    const known = lines.get(event) ?? { event, lines: 0, bytes: 0 };
    lines.set(event, { event, lines: known.lines + 1, bytes: known.bytes + bytes });
  });
  return () => {
    stopCalls();
    stopEvents();
    const usage = [...laptop.functions.usage()].filter(([name]) => counted.has(name));
    const uses = usage.map(([name, after]): FunctionUse => {
      const earlier = before.get(name)!;
      const byFunctions = calls.filter((call) => isInvocation(call, name)).length;
      return {
        ...(byFunctions > 0 ? { byFunctions } : {}),
        name: name.slice(laptop.environment.length + 1),
        memoryMegabytes: after.memoryMegabytes,
        invocations: after.invocations - earlier.invocations,
        billedMilliseconds:
          after.processorMilliseconds -
          earlier.processorMilliseconds +
          (after.invocations - earlier.invocations) * roundedUpMilliseconds +
          waited(calls.filter(({ caller }) => caller === name)) +
          (name.endsWith('-claim') ? tally.githubCalls * latencies.github : 0),
        source: sourceOf(name),
      };
    });
    // Its sends, and the receives and deletes that scale-up makes itself.
    const queueCalls = calls.filter(({ service }) => service === 'sqs');
    return {
      awsCalls: calls.length,
      githubCalls: tally.githubCalls,
      byAction: byAction(calls, laptop.environment),
      unitsByPart: unitsByPart(
        calls.filter(({ writeUnits = 0 }) => writeUnits > 0),
        laptop.environment,
      ),
      readsByPart: unitsByPart(
        calls.filter(({ readUnits = 0 }) => readUnits > 0),
        laptop.environment,
      ),
      logsByEvent: [...lines.values()],
      failedUnits: calls.reduce((sum, { failedUnits = 0 }) => sum + failedUnits, 0),
      use: {
        functions: withWaits(uses, calls, laptop.environment),
        queueSends: queueCalls.length + tally.endEvents,
        fairSends: queueCalls.filter(({ questions }) => questions[0]?.resource.endsWith('-builds')).length,
        writeUnits: writeUnitsOf(calls),
        readUnits: calls.reduce((sum, { readUnits = 0 }) => sum + readUnits, 0),
        secretReads: calls.filter(({ service }) => service === 'secretsmanager').length,
        logLines: tally.logLines,
        logBytes: tally.logBytes,
      },
    };
  };
}

/** A function that was called by another one, and answered. */
const isInvocation = ({ service, action, status, questions }: CallRecord, name: string) =>
  service === 'lambda' &&
  action === 'Invoke' &&
  status === 200 &&
  !!questions[0]?.resource.endsWith(`:${name}`);

/**
 * A function waits for the function that it calls, and both are billed: here for the callee's average time per
 * invocation.
 */
function withWaits(
  uses: readonly FunctionUse[],
  calls: readonly CallRecord[],
  environment: string,
): FunctionUse[] {
  const waits = (caller: string) =>
    uses.reduce((sum, { name, billedMilliseconds, invocations }) => {
      const own = calls.filter(
        (call) => call.caller === `${environment}-${caller}` && isInvocation(call, `${environment}-${name}`),
      );
      return own.length === 0 ? sum : sum + (own.length * billedMilliseconds) / invocations;
    }, 0);
  return uses.map((use) => ({ ...use, billedMilliseconds: use.billedMilliseconds + waits(use.name) }));
}

/** Lambda bills each invocation in whole milliseconds. */
const roundedUpMilliseconds = 0.5;

/** Calls whose invocation is unknown count as sequential. */
function waited(calls: readonly CallRecord[]): number {
  const invocations = Map.groupBy(calls, ({ invocation }) => invocation);
  const timed = calls.map(({ at, endedAt = at, latencyMs = 0 }): TimedCall => ({ at, endedAt, latencyMs }));
  const byCall = new Map(calls.map((call, n) => [call, timed[n]!]));
  return [...invocations].reduce((sum, [invocation, group]) => {
    const own = group.map((call) => byCall.get(call)!);
    return sum + (invocation ? longestChain(own) : own.reduce((all, { latencyMs }) => all + latencyMs, 0));
  }, 0);
}

function unitsByPart(calls: readonly CallRecord[], environment: string): UnitsOfPart[] {
  const units = new Map<string, number>();
  for (const { caller, action, questions, failedUnits = 0, unitsByPart: parts = {} } of calls) {
    const entries = [...Object.entries(parts), [`refused at ${tablesOf(questions)}`, failedUnits] as const];
    for (const [table, used] of entries) {
      const key = `${caller.slice(environment.length + 1)} ${action} ${table.replaceAll(`${environment}-`, '')}`;
      if (used > 0) units.set(key, (units.get(key) ?? 0) + used);
    }
  }
  return [...units].map(([part, used]) => ({ part, units: used })).sort((a, b) => b.units - a.units);
}

/** A refused transaction reports its cost but not where it arose, so all of its tables are named. */
const tablesOf = (questions: CallRecord['questions']) =>
  [...new Set(questions.flatMap(({ resource }) => /:table\/([^/]+)/.exec(resource)?.[1] ?? []))].join(
    ' and ',
  );

function sourceOf(name: string): FunctionUse['source'] {
  if (name.endsWith('-scale-up')) return 'fair-queue';
  return name.endsWith('-lifecycle') ? 'queue' : 'other';
}

const writeUnitsOf = (calls: readonly CallRecord[]) =>
  calls.reduce((sum, { writeUnits = 0 }) => sum + writeUnits, 0);

function byAction(calls: readonly CallRecord[], environment: string): Reading['byAction'] {
  const groups = Map.groupBy(
    calls,
    ({ caller, action }) => `${caller.slice(environment.length + 1)} ${action}`,
  );
  return [...groups]
    .map(([action, group]) => ({ action, calls: group.length, writeUnits: writeUnitsOf(group) }))
    .sort((one, other) => other.calls - one.calls);
}
