/** `mayfly policy NAME`: prints the least policy for a deploy, for CloudFormation, or for one command. Calls nobody. */
import { type Command, UsageError } from './command.ts';
import { policies } from './policies/policies.ts';

const list = policies.map(({ name, summary }) => `  ${name.padEnd(24)}${summary}`).join('\n');

export const policy: Command = {
  name: 'policy',
  summary: 'the least IAM policy for a deploy, for CloudFormation, or for one command',
  help: `
mayfly policy NAME                           prints it as JSON, for the environment and region of mayfly.config.ts
mayfly policy NAME --account 123456789012    the same for this account alone; default: whichever it is put into
mayfly policy NAME --environment '*'         the same for every environment

${list}

Those for CloudFormation go to the bootstrap, which all environments of an account and region share:
  npx cdk bootstrap --cloudformation-execution-policies ARN,ARN,ARN
`,
  options: { account: { type: 'string', default: '*' }, environment: { type: 'string' } },
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
    io.out(`${JSON.stringify(found.document(place), undefined, 2)}\n`);
    return 0;
  },
};
