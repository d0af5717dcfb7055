/**
 * What IAM must allow for a DynamoDB call: the action on the table, or on the index that is read. Transactions need each
 * item's own action, PartiQL the one of its kind of statement. Condition keys about items are not offered, so that a
 * policy that relies on one is refused, never let through.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
 */
import { type AwsCall, AwsError, type IamQuestion } from './service.ts';

/** An item of a transaction: `{ Put: { TableName: … } }`. */
type TransactionItem = Readonly<Record<string, { readonly TableName?: string }>>;
type Statement = { readonly Statement?: string };

const transactionActions: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

export function dynamodbQuestions(call: AwsCall): readonly IamQuestion[] {
  const { action, input } = call;
  switch (action) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return distinct(listOf<TransactionItem>(input, 'TransactItems').map((item) => aboutItem(call, item)));
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(input['RequestItems'] ?? {}).map((table) => ask(action, tableArn(call, table)));
    case 'ExecuteStatement':
      return [aboutStatement(call, input)];
    case 'BatchExecuteStatement':
      return distinct(listOf<Statement>(input, 'Statements').map((entry) => aboutStatement(call, entry)));
    case 'ExecuteTransaction':
      return distinct(
        listOf<Statement>(input, 'TransactStatements').map((entry) => aboutStatement(call, entry)),
      );
    default:
      return [ask(action, resourceOf(call))];
  }
}

function resourceOf(call: AwsCall): string {
  const { TableName, IndexName, ResourceArn } = call.input;
  if (typeof TableName === 'string') {
    return tableArn(call, TableName, typeof IndexName === 'string' ? IndexName : undefined);
  }
  return typeof ResourceArn === 'string' ? ResourceArn : '*';
}

function aboutItem(call: AwsCall, item: TransactionItem): IamQuestion {
  const [kind = '', body] = Object.entries(item)[0] ?? [];
  const action = Object.hasOwn(transactionActions, kind) ? transactionActions[kind] : undefined;
  if (!action || typeof body?.TableName !== 'string') {
    throw new AwsError(
      'ValidationException',
      `An item of a transaction is ${JSON.stringify(item)}; it must be one of ` +
        `${Object.keys(transactionActions).join(', ')} with a TableName.`,
    );
  }
  return ask(action, tableArn(call, body.TableName));
}

const partiql =
  /^\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM|SELECT\b.*?\bFROM|EXISTS\s*\(\s*SELECT\b.*?\bFROM)\s+"?([\w.:/-]+?)"?(?:\."([\w.-]+)")?(?:\s|\)|$)/is;
const partiqlActions: Readonly<Record<string, string>> = {
  I: 'PartiQLInsert',
  U: 'PartiQLUpdate',
  D: 'PartiQLDelete',
  S: 'PartiQLSelect',
  E: 'PartiQLSelect',
};

function aboutStatement(call: AwsCall, { Statement }: Statement): IamQuestion {
  const [, verb, table, index] = partiql.exec(Statement ?? '') ?? [];
  const action = partiqlActions[verb?.[0]?.toUpperCase() ?? ''];
  if (!action || !table) {
    throw new AwsError(
      'ValidationException',
      `A PartiQL statement is ${JSON.stringify(Statement)}; ` +
        'it must be a SELECT, INSERT, UPDATE or DELETE of one table.',
    );
  }
  return ask(action, tableArn(call, table, index));
}

/** Calls may name a table by its ARN, too. */
function tableArn({ region, accountId }: AwsCall, table: string, index?: string): string {
  const arn = table.startsWith('arn:') ? table : `arn:aws:dynamodb:${region}:${accountId}:table/${table}`;
  return index === undefined ? arn : `${arn}/index/${index}`;
}

const ask = (action: string, resource: string): IamQuestion => ({
  action: `dynamodb:${action}`,
  resource,
  context: {},
});

function listOf<Item>(input: AwsCall['input'], field: string): readonly Item[] {
  const list = input[field];
  if (Array.isArray(list)) return list as readonly Item[];
  throw new AwsError('ValidationException', `${field} is ${JSON.stringify(list)}; it must be a list.`);
}

function distinct(questions: readonly IamQuestion[]): readonly IamQuestion[] {
  return [...new Map(questions.map((one) => [`${one.action} ${one.resource}`, one])).values()];
}
