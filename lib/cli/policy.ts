/** `mayfly policy NAME`: prints the least policy for a deploy, for CloudFormation, or for one command. Calls nobody. */
import { type Command, UsageError } from './command.ts';
import { policies } from './policies/policies.ts';

const wide = Math.max(...policies.map(({ name }) => name.length));
const list = policies.map(({ name, summary }) => `  ${name.padEnd(wide)}  ${summary}`).join('\n');
const arns = policies.filter(({ name }) => name.startsWith('cloudformation-')).map(() => 'ARN');

export const policy: Command = {
  name: 'policy',
  summary: 'the least IAM policy for a deploy, for CloudFormation, or for one command',
  help: `
mayfly policy NAME                           prints it as JSON, for the environment and region of mayfly.config.ts
mayfly policy NAME --account 123456789012    the same for this account alone; default: whichever it is put into
mayfly policy NAME --environment '*'         the same for every environment
mayfly policy NAME --stack STACK             for a command that is told --stack STACK: setup, rotate-key, rotate-webhook-secret

${list}

Those for CloudFormation go to the bootstrap, which all environments of an account and region share:
  npx cdk bootstrap --cloudformation-execution-policies ${arns.join(',')}
`,
  options: {
    account: { type: 'string', default: '*' },
    environment: { type: 'string' },
    stack: { type: 'string' },
  },
  words: ['<name>'],
  async run({ words: [name = ''], options, config, io }) {
    const found = policies.find((one) => one.name === name);
    if (!found) {
      const known = policies.map((one) => one.name).join(', ');
      throw new UsageError(`There is no policy ${JSON.stringify(name)}; there are ${known}.`);
    }
    const account = String(options['account']);
    if (!/^(\*|\d{12})$/.test(account)) {
      throw new UsageError(`--account is ${JSON.stringify(account)}; it must be twelve digits.`);
    }
    const { environment = config.environment } = options;
    const { region, kmsKeyArn } = config;
    const key = kmsKeyArn === undefined ? {} : { kmsKeyArn };
    const place = { environment: String(environment), region, account, ...key };
    const document = JSON.stringify(found.document({ ...place, ...stackOf(options['stack']) }), undefined, 2);
    if (options['stack'] !== undefined && document === JSON.stringify(found.document(place), undefined, 2)) {
      throw new UsageError(
        `The policy ${name} is about no stack that could have another name; leave --stack out.`,
      );
    }
    io.out(`${document}\n`);
    return 0;
  },
};

/** As CloudFormation has it; a wildcard would let in other stacks' outputs. */
const stackName = /^[A-Za-z][A-Za-z\d-]{0,127}$/;

function stackOf(stack: string | boolean | undefined): { readonly stack?: string } {
  if (stack === undefined) return {};
  if (typeof stack === 'string' && stackName.test(stack)) return { stack };
  throw new UsageError(
    `--stack is ${JSON.stringify(stack)}; it must be a stack's name: letters, digits and hyphens, at most 128, a letter first.`,
  );
}
