/** What `npm start` tells once it is ready: the addresses, and commands that show the platform at work. */
import { styleText } from 'node:util';
import type { Laptop } from '../laptop.ts';

/** What of the laptop is told. */
export type Welcomed = Pick<
  Laptop,
  'operatorCredentials' | 'endpointUrl' | 'region' | 'webhookUrl' | 'webhookSecret' | 'tables'
> & { readonly github: Pick<Laptop['github'], 'url'> };

/** @param withoutApp there is no GitHub App yet, so nothing can be installed before one is made */
export function welcome(laptop: Welcomed, { withoutApp }: { readonly withoutApp: boolean }): string {
  const aws = `aws --endpoint-url ${laptop.endpointUrl} --region ${laptop.region}`;
  const control = `curl -s -X POST ${laptop.github.url}/_control`;
  const rows: [string, string][] = [
    ['Webhook URL', laptop.webhookUrl],
    ['Webhook secret', laptop.webhookSecret],
    ['AWS endpoint', laptop.endpointUrl],
    ['AWS credentials', credentialsOf(laptop)],
    ['GitHub stand-in', laptop.github.url],
  ];
  const commands: [string, string][] = [
    ...(withoutApp ? [createApp(laptop)] : []),
    [
      withoutApp ? 'then install it on an organization' : 'install the App on an organization',
      `${control}/installations -d '{"login":"acme"}'`,
    ],
    ['queue a job there', `${control}/jobs -d '{"repository":"acme/app","labels":["self-hosted","small"]}'`],
    ['see the tenants', `${aws} dynamodb scan --table-name ${laptop.tables.tenants}`],
    ['see the machines', `${aws} ec2 describe-instances --filters Name=tag:ghr:tenant_tier,Values=small`],
  ];
  const wide = Math.max(...rows.map(([name]) => name.length));
  return [
    '',
    ...rows.map(([name, value]) => `  ${styleText('bold', name.padEnd(wide))}  ${value}`),
    '',
    ...commands.flatMap(([what, command]) => [styleText('dim', `  # ${what}`), `  ${command}`]),
    '',
    styleText('dim', '  Webhooks signed with the secret are taken from anyone; Ctrl-C stops everything.'),
    '',
    '',
  ].join('\n');
}

const credentialsOf = ({ operatorCredentials }: Welcomed) =>
  `AWS_ACCESS_KEY_ID=${operatorCredentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${operatorCredentials.secretAccessKey}`;

const createApp = (laptop: Welcomed): [string, string] => [
  'there is no GitHub App yet: make one, by the link that this prints',
  `AWS_ENDPOINT_URL=${laptop.endpointUrl} ${credentialsOf(laptop)} npx mayfly setup --page`,
];
