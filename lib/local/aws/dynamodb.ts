/**
 * DynamoDB: the endpoint's calls, passed on to the engine. This file knows nothing of tables. It adds a request for the
 * units to each item call, so that they can be counted; the caller gets exactly what it asked for. The engine does not
 * delete by time to live; that is done only on request.
 */
import { Agent, request as httpRequest } from 'node:http';
import { Conflicts } from './dynamodb-conflicts.ts';
import { deleteExpired } from './dynamodb-expiry.ts';
import { IndexLag } from './dynamodb-index-lag.ts';
import { type TableKeys, tableKeysOf } from './dynamodb-keys.ts';
import { KeyLimits, type KeyRates, type UnitKind } from './dynamodb-limits.ts';
import { dynamodbQuestions } from './dynamodb-questions.ts';
import { type JsonAnswer, underLimits } from './dynamodb-throttle.ts';
import { capacityOfError, refusedStatements, takeCapacity } from './dynamodb-units.ts';
import { checkStatements } from './partiql-limits.ts';
import { runUpdates } from './partiql-updates.ts';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService, type PolicyDocument } from './service.ts';

export interface DynamoService extends AwsService {
  /** For the template loader; `input` has the shape of the SDK's CreateTableCommandInput. The table is ACTIVE at once. */
  createTable(
    input: { readonly TableName: string } & Readonly<Record<string, unknown>>,
    options?: { readonly timeToLiveAttribute?: string },
  ): Promise<void>;
  /** From now on a key takes no more than this; undefined (the default): as much as the engine does. */
  limitKeys(rates: KeyRates | undefined): void;
  /** How often a key was throttled since. */
  throttled(): number;
  /** From now on a transaction takes at least this long, and conflicts with all that is written meanwhile. */
  slowTransactions(milliseconds: number): void;
  /** How often a write met a transaction under way. */
  conflicts(): number;
  /** From now on a global index shows what is written to it after this long; 0 (the default): at once. */
  lagIndexes(milliseconds: number): void;
  /** Deletes what has expired. @returns how many items */
  deleteExpired(): Promise<number>;
  /**
   * The table's own policy:
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
   */
  setPolicy(tableName: string, policy: PolicyDocument): void;
  /** Ends the kept connections; whoever started the engine closes it. */
  close(): void;
}

/** The actions that can report their cost, and whether it is for reading or writing. */
const metered: Readonly<Record<string, UnitKind>> = {
  GetItem: 'read',
  BatchGetItem: 'read',
  Query: 'read',
  Scan: 'read',
  TransactGetItems: 'read',
  PutItem: 'write',
  UpdateItem: 'write',
  DeleteItem: 'write',
  BatchWriteItem: 'write',
  TransactWriteItems: 'write',
};
const partiql = new Set(['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction']);

/** More than a laptop's functions ever have in progress; a bound, as everything has one. */
const mostConnections = 128;

export function createDynamoService({ engineUrl }: { readonly engineUrl: string }): DynamoService {
  const engine = openEngine(engineUrl);
  const keyed = new Map<string, TableKeys>();
  const timesToLive = new Map<string, string>();
  const conflicts = new Conflicts();
  const lag = new IndexLag();
  let limits: KeyLimits | undefined;
  const policies = new Map<string, PolicyDocument>();
  return {
    service: 'dynamodb',
    questions: dynamodbQuestions,
    // On all tables: each statement names its own, as DynamoDB requires.
    policyOf: () =>
      policies.size === 0
        ? undefined
        : { Statement: [...policies.values()].flatMap(({ Statement }) => Statement) },
    setPolicy: (tableName, policy) => void policies.set(tableName, policy),
    handle: async (call) => {
      if (call.action === 'BatchExecuteStatement') checkStatements(call.input);
      const kind = kindOf(call);
      if (call.action === 'CreateTable') keyed.set(String(call.input['TableName']), tableKeysOf(call.input));
      if (!kind) return handlePlainly(engine, call);
      const send = (input: AwsCall['input']) => handleMetered(engine, { ...call, input }, kind);
      const whole = (input: AwsCall['input']) => conflicts.handle({ ...call, input }, keyed, send);
      const handle = (input: AwsCall['input']) => lag.handle({ ...call, input }, keyed, whole);
      return limits ? underLimits({ call, kind, limits, tables: keyed }, handle) : handle(call.input);
    },
    limitKeys(rates) {
      limits = rates && new KeyLimits(rates);
    },
    throttled: () => limits?.throttled ?? 0,
    slowTransactions(milliseconds) {
      conflicts.transactionMilliseconds = milliseconds;
    },
    conflicts: () => conflicts.refused,
    lagIndexes(milliseconds) {
      lag.milliseconds = milliseconds;
    },
    deleteExpired: () => deleteExpired({ send: engine.send, tables: keyed, timesToLive }, Date.now()),
    async createTable(input, options = {}) {
      keyed.set(input.TableName, tableKeysOf(input));
      await demand(engine, 'CreateTable', input);
      if (options.timeToLiveAttribute === undefined) return;
      timesToLive.set(input.TableName, options.timeToLiveAttribute);
      await demand(engine, 'UpdateTimeToLive', {
        TableName: input.TableName,
        TimeToLiveSpecification: { AttributeName: options.timeToLiveAttribute, Enabled: true },
      });
    },
    close: () => engine.agent.destroy(),
  };
}

/** Undefined: not metered. Statements of one call are all reads, or all writes. */
function kindOf({ action, body }: AwsCall): UnitKind | undefined {
  if (!partiql.has(action)) return metered[action];
  return /"Statement"\s*:\s*"\s*(SELECT|EXISTS)/i.test(body.toString('utf8')) ? 'read' : 'write';
}

async function handleMetered(engine: Engine, call: AwsCall, kind: UnitKind): Promise<JsonAnswer> {
  const asked = call.input['ReturnConsumedCapacity'];
  const wanted = asked === 'TOTAL' || asked === 'INDEXES';
  const body = JSON.stringify(wanted ? call.input : { ...call.input, ReturnConsumedCapacity: 'INDEXES' });
  const answer = await answerOf(engine, call.action, body);
  if (answer.status !== 200) {
    if (kind === 'read') return answer;
    const failed = capacityOfError(answer.body);
    return { ...answer, writeUnits: failed, failedUnits: failed };
  }
  const { units, byPart, stripped } = takeCapacity(answer.body);
  const told = { ...answer, body: wanted ? answer.body : stripped, unitsByPart: byPart };
  if (kind === 'read') return { ...told, readUnits: units };
  const failed = partiql.has(call.action) ? refusedStatements(answer.body) : 0;
  return { ...told, writeUnits: units + failed, failedUnits: failed };
}

/** The engine cannot run updates of several attributes in a batch of statements. */
async function answerOf(engine: Engine, action: string, body: string | Buffer) {
  const updated =
    action === 'BatchExecuteStatement' ? await runUpdates(engine.send, String(body)) : undefined;
  if (!updated) return engine.send(action, body);
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return { status: 200, headers, body: JSON.stringify(updated) };
}

/** Calls about tables answer with ARNs of the engine's own account; the caller gets the ARNs that IAM uses. */
async function handlePlainly(engine: Engine, call: AwsCall): Promise<AwsAnswer> {
  const answer = await engine.send(call.action, call.body);
  const arn = /arn:aws:dynamodb:[^:"]*:[^:"]*:/g;
  return { ...answer, body: answer.body.replace(arn, `arn:aws:dynamodb:${call.region}:${call.accountId}:`) };
}

interface Engine {
  readonly agent: Agent;
  send(action: string, body: string | Buffer): Promise<AwsAnswer & { readonly body: string }>;
}

function openEngine(url: string): Engine {
  const agent = new Agent({ keepAlive: true, maxSockets: mostConnections });
  const { hostname, port } = new URL(url);
  // The engine requires a signature but does not check it.
  const authorization =
    'AWS4-HMAC-SHA256 Credential=laptop/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none';
  const send: Engine['send'] = (action, body) =>
    new Promise((resolve, reject) => {
      const headers = {
        'x-amz-target': `DynamoDB_20120810.${action}`,
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        authorization,
        'x-amz-date': '20260101T000000Z',
      };
      const failed = (cause: Error) =>
        reject(new AwsError('InternalServerError', `The DynamoDB engine failed: ${cause.message}`, 500));
      const request = httpRequest({ agent, hostname, port, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', failed);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 500,
            headers: { 'content-type': 'application/x-amz-json-1.0' },
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      request.once('error', failed);
      request.end(body);
    });
  return { agent, send };
}

async function demand(engine: Engine, action: string, input: unknown): Promise<void> {
  const { status, body } = await engine.send(action, JSON.stringify(input));
  if (status !== 200) throw new Error(`The DynamoDB engine refused ${action}: ${body}`);
}
