/**
 * The lines of code that need a grant: where the call is sent, in the files that the function is made of. For DynamoDB
 * these are lines of the stores, of methods that the function's own code calls. No line: nothing needs the grant.
 */
import { readFiles, type SourceFiles } from './source-files.ts';

export interface CodeLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What AWS asks for in the caller's name, and calls whose line does not have the action's name. */
const sentAs: Readonly<Record<string, RegExp>> = {
  'ec2:RunInstances': /new CreateFleetCommand\(/,
  'ec2:CreateTags': /new CreateFleetCommand\(/,
  'iam:CreateServiceLinkedRole': /new CreateFleetCommand\(/,
  'iam:PassRole': /new CreateFleetCommand\(/,
  'ssm:GetParameters': /new CreateFleetCommand\(/,
  'kms:CreateGrant': /new CreateFleetCommand\(/,
  'kms:DescribeKey': /new CreateFleetCommand\(/,
  'kms:GenerateDataKeyWithoutPlaintext': /new CreateFleetCommand\(/,
  'kms:ReEncryptFrom': /new CreateFleetCommand\(/,
  'kms:ReEncryptTo': /new CreateFleetCommand\(/,
  // A queue, a secret and a table use their key in the name of whoever calls them.
  'kms:GenerateDataKey': /new PutSecretValueCommand\(|\.call\('SendMessage'/,
  'kms:Decrypt':
    /new (CreateFleet|GetItem|UpdateItem|GetSecretValue)Command\(|\.call\('(SendMessage|GetSecretValue)'/,
  'lambda:InvokeFunction': /functions\/\$\{functionName\}\/invocations`/,
  's3:ListBucket': /\b(paginateListObjectsV2|new ListObjectsV2Command)\(/,
  'dynamodb:GetItem': /\bgetRow\(/,
  'dynamodb:BatchGetItem': /\b(findRows|readTogether|findByIndex)\(|new BatchGetItemCommand\(/,
  'dynamodb:Query': /\b(queryRows|queryPage|findByIndex)\(/,
  'dynamodb:Scan': /\bscanRows\(/,
  'dynamodb:PutItem': /new PutItemCommand\(|\bPut: \{/,
  'dynamodb:ConditionCheckItem': /\bConditionCheck: \{/,
  'dynamodb:DeleteItem': /\bDelete: \{/,
  'dynamodb:UpdateItem': /\b(updateRow|updateItem)\(/,
  'dynamodb:PartiQLInsert': /\b(insertStatement|insertTogether)\(/,
  'dynamodb:PartiQLUpdate': /Statement: `UPDATE |\bupdateTogether\(/,
};

/** What Lambda does for a function, under its role: written where the function is defined. */
const doneByLambda: Readonly<Record<string, { readonly file: string; readonly line: RegExp }>> = {
  'sqs:ReceiveMessage': { file: 'lib/constructs/control-plane.ts', line: /new EventSourceMapping\(/ },
  'sqs:DeleteMessage': { file: 'lib/constructs/control-plane.ts', line: /new EventSourceMapping\(/ },
  'sqs:GetQueueAttributes': { file: 'lib/constructs/control-plane.ts', line: /new EventSourceMapping\(/ },
  'logs:CreateLogStream': { file: 'lib/constructs/functions/platform-function.ts', line: /^ {6}logGroup,/ },
  'logs:PutLogEvents': { file: 'lib/constructs/functions/platform-function.ts', line: /^ {6}logGroup,/ },
};

/** @param sid of the statement: those about tables begin with the table's name */
export function linesThatNeed(action: string, sid: string, files: SourceFiles): CodeLine[] {
  const byLambda = doneByLambda[action];
  if (byLambda) return matches(readFiles([byLambda.file]), byLambda.line);
  const operation = action.slice(action.indexOf(':') + 1);
  const call =
    sentAs[action] ??
    new RegExp(`\\b(new ${operation}Command|paginate${operation})\\(|\\.call\\('${operation}'`);
  const adapters = new Map([...files].filter(([file]) => file.startsWith('lib/adapters/')));
  const sent = matches(adapters, call).filter(({ file, line }) => !isDefinition(files.get(file)![line - 1]!));
  if (!action.startsWith('dynamodb:')) return sent;
  const table = /^[A-Z][a-z]+/.exec(sid)?.[0].toLowerCase() ?? '';
  return sent.filter((at) => tablesAt(at, files).includes(table) && isReached(at, files));
}

function matches(files: SourceFiles, pattern: RegExp): CodeLine[] {
  return [...files].flatMap(([file, lines]) =>
    lines.flatMap((text, index) => (pattern.test(text) ? [{ file, line: index + 1 }] : [])),
  );
}

const isComment = (text: string) => /^\s*(\*|\/\*|\/\/)/.test(text);

const isDefinition = (text: string) =>
  /^\s*(export )?(async )?function /.test(text) || /^\s*(import\b|\*|\/)/.test(text);

const keysOfTables: Readonly<Record<string, RegExp>> = {
  tenants: /\btenantKey\(/,
  jobs: /\bjobKey\(/,
  launches: /\b(launchKey|launchRow|capRowPrimaryKey)\b/,
  runners: /\brunnerKey\(/,
  audit: /\bauditKey\(/,
  controllers: /\b(controllerKey|decisionKey)\(/,
};

/** By the keys that the call names; else the store's own. */
function tablesAt({ file, line }: CodeLine, files: SourceFiles): string[] {
  const call = files
    .get(file)!
    .slice(line - 1, line + 4)
    .join('\n');
  const named = Object.keys(keysOfTables).filter((table) => keysOfTables[table]!.test(call));
  return named.length > 0 ? named : [storeOf(file)];
}

const stores: Readonly<Record<string, string>> = {
  tenant: 'tenants',
  job: 'jobs',
  launch: 'launches',
  take: 'launches',
  cap: 'launches',
  runner: 'runners',
  note: 'notes',
  usage: 'usage',
  audit: 'audit',
  controller: 'controllers',
  decision: 'controllers',
};

/** The port that a file of the adapter is part of, as use cases name it; empty where it serves all of them. */
const storeOf = (file: string) => stores[/\/(\w+)[^/]*\.ts$/.exec(file)?.[1] ?? ''] ?? '';

/** Does the function's own code call a method that leads to this line? By name, over as many helpers as there are between. */
function isReached(at: CodeLine, files: SourceFiles, seen = new Set<string>()): boolean {
  const own = [...files]
    .filter(([file]) => /^(lib\/app|lambdas)\//.test(file))
    .flatMap(([, lines]) => lines.filter((text) => !isComment(text)));
  return enclosingNames(at, files).some((name) => {
    if (seen.has(name)) return false;
    seen.add(name);
    const method = new RegExp(`\\b${storeOf(at.file)}\\.${name}\\b`);
    if (own.some((text) => method.test(text))) return true;
    const adapters = new Map([...files].filter(([file]) => file.startsWith('lib/adapters/')));
    return matches(adapters, new RegExp(`(?<![.\\w])(changes\\.)?${name}\\(`))
      .filter(({ file, line }) => !definition(name).test(files.get(file)![line - 1]!))
      .some((caller) => isReached(caller, files, seen));
  });
}

const definition = (name: string) => new RegExp(`^\\s*(export )?(async )?(function )?${name}\\(.*\\{$`);

/** The method and functions around a line, innermost first; not the function that makes the whole store. */
function enclosingNames({ file, line }: CodeLine, files: SourceFiles): string[] {
  const lines = files.get(file)!;
  const names: string[] = [];
  let indent = indentOf(lines[line - 1]!) + 1;
  for (let index = line - 1; index >= 0 && indent > 0; index -= 1) {
    const text = lines[index]!;
    // A signature over several lines ends with its bracket; its name is further up.
    if (text.trim() === '' || indentOf(text) >= indent || text.trim().startsWith(')')) continue;
    const name = nameDefinedBy(text);
    indent = indentOf(text);
    if (name) names.push(name);
  }
  return names;
}

/** A function, a method, or a property that is a function. */
function nameDefinedBy(text: string): string | undefined {
  const [, name] =
    /^\s*(?:export )?(?:async )?function\*? (\w+)/.exec(text) ??
    /^\s*(?:async )?(\w+)\(.*\{$/.exec(text) ??
    /^\s*(?:export )?(?:const )?(\w+)(?: =|:) (?:async )?\(.*=>/.exec(text) ??
    [];
  return name && !/^(create[A-Z]|if$|for$|switch$|while$)/.test(name) ? name : undefined;
}

const indentOf = (text: string) => text.length - text.trimStart().length;
