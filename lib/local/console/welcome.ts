/**
 * What `npm start` prints once it is ready: the addresses, and commands to paste that show the platform at work. They are
 * those of README, with the same organization and installation id, so that README can be followed from here.
 */
import { styleText } from 'node:util';
import type { Laptop } from '../laptop.ts';

/** What the banner shows of the laptop. */
export type Welcomed = Pick<
  Laptop,
  'operatorCredentials' | 'endpointUrl' | 'region' | 'webhookUrl' | 'webhookSecret' | 'tables'
> & { readonly github: Pick<Laptop['github'], 'url'> };

/** @param withoutApp there is no GitHub App yet, so it must be created before it can be installed */
export function welcome(laptop: Welcomed, { withoutApp }: { readonly withoutApp: boolean }): string {
  const control = `${laptop.github.url}/_control`;
  const rows: [string, string][] = [
    ['Webhook URL', laptop.webhookUrl],
    ['Webhook secret', laptop.webhookSecret],
    ['AWS endpoint', laptop.endpointUrl],
    ['GitHub stand-in', laptop.github.url],
  ];
  const commands: [string, readonly string[]][] = [
    ['in a second terminal, in this folder: use this machine instead of AWS', exportsOf(laptop)],
    ...(withoutApp ? [createApp] : []),
    [
      withoutApp ? 'then install it on an organization' : 'install the App on an organization',
      [`curl -s ${control}/installations -d '{"login": "acme", "installationId": 12345678}'`],
    ],
    [
      'queue a job there',
      [`curl -s ${control}/jobs -d '{"repository":"acme/app","labels":["self-hosted","small"]}'`],
    ],
    ['see tenants, machines and why jobs wait', ['npx mayfly status']],
    ["see AWS's and GitHub's own view", awsView(laptop, control)],
  ];
  const wide = Math.max(...rows.map(([name]) => name.length));
  return [
    '',
    ...rows.map(([name, value]) => `  ${styleText('bold', name.padEnd(wide))}  ${value}`),
    '',
    ...commands.flatMap(([what, lines]) => [
      styleText('dim', `  # ${what}`),
      ...lines.map((line) => `  ${line}`),
    ]),
    '',
    styleText('dim', '  Anyone with the secret can send signed webhooks. Ctrl-C stops everything.'),
    '',
    styleText('dim', `${'time'.padEnd(8)}  ${'tenant'.padEnd(12)}  ${'job'.padEnd(9)}  what happened`),
    '',
  ].join('\n');
}

/** For both the AWS CLI and mayfly. */
const exportsOf = ({ operatorCredentials, endpointUrl, region }: Welcomed): string[] => [
  `export AWS_ENDPOINT_URL=${endpointUrl} AWS_DEFAULT_REGION=${region}`,
  `export AWS_ACCESS_KEY_ID=${operatorCredentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${operatorCredentials.secretAccessKey}`,
];

const awsView = ({ tables }: Welcomed, control: string): string[] => [
  `aws dynamodb scan --table-name ${tables.tenants}`,
  'aws ec2 describe-instances --filters Name=tag:ghr:tenant_tier,Values=small',
  `curl -s ${control}/state`,
];

const createApp: [string, readonly string[]] = [
  'there is no GitHub App yet: open the link that this prints',
  ['npx mayfly setup --page'],
];
