/**
 * Translates an AWS CLI command into the SDK's call of the same name: `--table-name x` is `TableName: 'x'`. It knows the
 * commands that the documents show and no others; of `--query` it understands a plain name, and passes over the rest.
 */
type Options = Map<string, string[]>;

const words = process.argv.slice(2);
const at = words.findIndex((word, n) => !word.startsWith('--') && !words[n - 1]?.startsWith('--'));
const globals = readOptions(words.slice(0, at));
const [service, action] = words.slice(at, at + 2);
const options = readOptions(words.slice(at + 2));
const query = take(options, 'query');
const output = take(options, 'output');

const answer = await send(`${service} ${action}`, input(options));
const chosen = query && /^\w+$/.test(query) ? (answer as Record<string, unknown>)[query] : answer;
process.stdout.write(`${output === 'text' ? String(chosen) : JSON.stringify(chosen, null, 2)}\n`);

/** Each client is loaded where a command needs it: that takes most of a command's time. */
async function send(command: string, given: Record<string, unknown>): Promise<object> {
  const place = {
    region: take(globals, 'region') ?? process.env['AWS_DEFAULT_REGION'] ?? '',
    endpoint: take(globals, 'endpoint-url') ?? process.env['AWS_ENDPOINT_URL'] ?? '',
  };
  const dynamoDb = async () => new (await import('@aws-sdk/client-dynamodb')).DynamoDB(place);
  const sqs = async () => new (await import('@aws-sdk/client-sqs')).SQS(place);
  const ec2 = async () => new (await import('@aws-sdk/client-ec2')).EC2(place);
  switch (command) {
    case 'dynamodb scan':
      return (await dynamoDb()).scan(given as never);
    case 'dynamodb query':
      return (await dynamoDb()).query(given as never);
    case 'dynamodb get-item':
      return (await dynamoDb()).getItem(given as never);
    case 'dynamodb update-item':
      return (await dynamoDb()).updateItem(given as never);
    case 'sqs get-queue-url':
      return (await sqs()).getQueueUrl(given as never);
    case 'sqs get-queue-attributes':
      return (await sqs()).getQueueAttributes(given as never);
    case 'ec2 describe-instances':
      return (await ec2()).describeInstances(given as never);
    default:
      throw new Error(`"aws ${command}" is not translated here; add it to test/docs/aws.ts.`);
  }
}

/** Each option with the words that follow it. */
function readOptions(given: readonly string[]): Options {
  const read: Options = new Map();
  let values: string[] = [];
  for (const word of given) {
    if (!word.startsWith('--')) {
      values.push(word);
      continue;
    }
    values = [];
    read.set(word.slice(2), values);
  }
  return read;
}

function take(from: Options, name: string): string | undefined {
  const value = from.get(name)?.[0];
  from.delete(name);
  return value;
}

function input(from: Options): Record<string, unknown> {
  return Object.fromEntries(
    [...from].map(([name, values]) => [pascal(name), isList(name) ? values.map(value) : value(values[0]!)]),
  );
}

function isList(name: string): boolean {
  return name === 'filters' || name === 'attribute-names';
}

function pascal(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** JSON, `Name=…,Values=…`, or a text. */
function value(text: string): unknown {
  if (/^[{[]/.test(text)) return JSON.parse(text);
  const filter = /^Name=([^,]+),Values=(.+)$/.exec(text);
  return filter ? { Name: filter[1], Values: filter[2]!.split(',') } : text;
}
