/** The control plane's bill for its usage, as pure arithmetic. It does not include machines, networks and alarms. */
import { logEventOverheadBytes, prices } from './prices.ts';

/** The usage of all functions together. */
export interface Use {
  readonly functions: readonly FunctionUse[];
  /** Sends by functions and EventBridge, to any queue; the pollers' own calls are not included. */
  readonly queueSends: number;
  /** Of these, sends to the tiers' queues, which are fair. */
  readonly fairSends: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly secretReads: number;
  readonly logLines: number;
  readonly logBytes: number;
}

export interface FunctionUse {
  readonly name: string;
  readonly memoryMegabytes: number;
  readonly invocations: number;
  /** Processor time, plus the time that it waits for calls. */
  readonly billedMilliseconds: number;
  /** What invokes it. A poller calls receive and delete once for each batch. */
  readonly source: 'queue' | 'fair-queue' | 'other';
  /** Of the invocations, those by another function, which involve no poller. */
  readonly byFunctions?: number;
}

export interface BillLine {
  readonly item: string;
  readonly dollars: number;
}

export function billLines(use: Use): BillLine[] {
  const invocations = sum(use.functions, (each) => each.invocations);
  const polls = (sources: readonly string[]) =>
    2 *
    sum(use.functions, ({ source, invocations, byFunctions = 0 }) =>
      sources.includes(source) ? invocations - byFunctions : 0,
    );
  const queueRequests = use.queueSends + polls(['queue', 'fair-queue']);
  const fairRequests = use.fairSends + polls(['fair-queue']);
  const logBytes = use.logBytes + use.logLines * logEventOverheadBytes;
  // Lambda's own lines are switched off: see loggingFormat in lib/constructs/functions/platform-function.ts.
  return [
    { item: 'Lambda requests', dollars: invocations * prices.lambdaRequest },
    { item: 'Lambda time', dollars: sum(use.functions, functionTimeDollars) },
    { item: 'SQS', dollars: queueRequests * prices.sqsRequest + fairRequests * prices.sqsFairRequest },
    { item: 'DynamoDB writes', dollars: use.writeUnits * prices.dynamoWriteUnit },
    { item: 'DynamoDB reads', dollars: use.readUnits * prices.dynamoReadUnit },
    { item: 'Secrets Manager', dollars: use.secretReads * prices.secretsManagerCall },
    { item: 'logs', dollars: (logBytes / 1e9) * prices.logGigabyte },
  ];
}

export const functionTimeDollars = ({ memoryMegabytes, billedMilliseconds }: FunctionUse): number =>
  (memoryMegabytes / 1024) * (billedMilliseconds / 1000) * prices.lambdaGigabyteSecond;

export const totalDollars = (lines: readonly BillLine[]): number => sum(lines, ({ dollars }) => dollars);

/** The same lines extrapolated to a million jobs, from those for `jobs`. */
export function perMillion(lines: readonly BillLine[], jobs: number): BillLine[] {
  return lines.map(({ item, dollars }) => ({ item, dollars: (dollars / jobs) * 1e6 }));
}

function sum<Entry>(entries: readonly Entry[], of: (entry: Entry) => number): number {
  return entries.reduce((total, entry) => total + of(entry), 0);
}
