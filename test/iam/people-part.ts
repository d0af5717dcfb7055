/** The part of docs/IAM.md about people: who needs which policy, and how to have it printed. */
import { policies } from '../../lib/cli/policies/policies.ts';

const place = { environment: 'my-saas', region: 'us-east-1', account: '*' };

const rows = policies.map(({ name, summary, document }) => {
  const actions = new Set(document(place).Statement.flatMap(({ Action }) => Action));
  return `| \`npx mayfly policy ${name}\` | ${summary} | ${actions.size} |`;
});

/** One for each of the policies that the bootstrap is given. */
const arns = policies.filter(({ name }) => name.startsWith('cloudformation-')).map(() => 'ARN');

export const peoplePart = `
## People

Each command prints a policy as JSON, for the environment and region of mayfly.config.ts; \`--account\` narrows it to one account.
For \`setup\`, \`rotate-key\` and \`rotate-webhook-secret\` of a deployment in your own app, \`--stack\` names its stack.

| Policy | What for | Actions |
| --- | --- | --- |
${rows.join('\n')}

**Deploying.** \`npx cdk bootstrap\` is run once, by somebody who may make roles: it decides what every later deploy may do. After
it, whoever runs \`npx cdk deploy\` acts as the bootstrap's own roles and needs nothing but \`deployer\`. CloudFormation does the work
under one of these roles. By default that role has AdministratorAccess; to narrow it, make managed policies of the
\`cloudformation-\` ones and name them:

\`\`\`
npx mayfly policy cloudformation-network --environment '*' > network.json
aws iam create-policy --policy-name mayfly-network --policy-document file://network.json
npx cdk bootstrap --cloudformation-execution-policies ${arns.join(',')}
\`\`\`

They name every type of resource in the templates, which a test holds. Their actions are those of CloudFormation's own resource
handlers, and were not tried on a real account. EC2's resources have no names to go by, so \`cloudformation-network\` reaches the whole
region's network; and whoever may let CloudFormation make roles named after an environment may do what such roles may. Hold them
with \`permissionsBoundaryArn\`.

**Operating.** The policies of commands are tried: the tests run each command under exactly its policy, in which no action is
refused and none is spare. Machines and secrets are known by the tag \`ghr:environment\`, so a command reaches no other environment.
`;
