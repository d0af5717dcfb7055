/** `mayfly policy NAME`: prints the least policy for a deploy, for CloudFormation, or for one command. It makes no calls. */
import { environmentNames } from '../config/check-config.ts';
import { ownImageParameters } from '../config/image-parameters.ts';
import { type Command, UsageError } from './command.ts';
import { outlines } from './outlines.ts';
import { policies } from './policies/policies.ts';

const wide = Math.max(...policies.map(({ name }) => name.length));
const list = policies.map(({ name, summary }) => `  ${name.padEnd(wide)}  ${summary}`).join('\n');
const arns = policies.filter(({ name }) => name.startsWith('cloudformation-')).map(() => 'ARN');

export const policy: Command = {
  ...outlines.policy,
  details: `
It prints JSON for the environment and region of mayfly.config.ts, and calls no service.

Policies:
${list}

Pass those for CloudFormation to the bootstrap. All environments of an account and region share it:
  npx cdk bootstrap --cloudformation-execution-policies ${arns.join(',')}
`,
  options: [
    { flags: '--account <id>', description: 'limit it to this account (twelve digits)', default: '*' },
    {
      flags: '--environment <name>',
      description: "an environment other than the configured one; '*' for all",
    },
    {
      flags: '--stack <name>',
      description: 'the stack of your own CDK app, for setup, rotate-key and rotate-webhook-secret',
    },
  ],
  async run({ positionals: [name = ''], options, config, io }) {
    const found = policies.find((one) => one.name === name);
    if (!found) {
      const known = policies.map((one) => one.name).join(', ');
      throw new UsageError(`There is no policy ${JSON.stringify(name)}. Allowed values are ${known}.`);
    }
    const account = String(options['account']);
    if (!/^(\*|\d{12})$/.test(account)) {
      throw new UsageError(`--account is ${JSON.stringify(account)}; it must be twelve digits.`);
    }
    const { region, kmsKeyArn } = config;
    const key = kmsKeyArn === undefined ? {} : { kmsKeyArn };
    const imageParameters = ownImageParameters(config);
    const instanceTypes = Object.values(config.tiers).flatMap((tier) => tier.instanceTypes);
    const place = {
      environment: environmentOf(options['environment']) ?? config.environment,
      region,
      account,
      ...key,
      imageParameters,
      instanceTypes,
    };
    const document = JSON.stringify(found.document({ ...place, ...stackOf(options['stack']) }), undefined, 2);
    if (options['stack'] !== undefined && document === JSON.stringify(found.document(place), undefined, 2)) {
      throw new UsageError(`The policy ${name} does not depend on a stack's name. Leave --stack out.`);
    }
    io.out(`${document}\n`);
    return 0;
  },
};

/** A part of a name with a wildcard would match environments that nobody thought of. */
function environmentOf(environment: string | boolean | undefined): string | undefined {
  if (environment === undefined || environment === '*') return environment;
  const { pattern, allowed } = environmentNames;
  if (typeof environment === 'string' && pattern.test(environment)) return environment;
  throw new UsageError(
    `--environment is ${JSON.stringify(environment)}; it must be an environment's name (${allowed}), or '*' for all.`,
  );
}

/** As in CloudFormation; a wildcard would include other stacks' outputs. */
const stackName = /^[A-Za-z][A-Za-z\d-]{0,127}$/;

function stackOf(stack: string | boolean | undefined): { readonly stack?: string } {
  if (stack === undefined) return {};
  if (typeof stack === 'string' && stackName.test(stack)) return { stack };
  throw new UsageError(
    `--stack is ${JSON.stringify(stack)}; it must be a stack's name: letters, digits and hyphens, at most 128, a letter first.`,
  );
}
