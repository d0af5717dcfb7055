/** What `npm start` tells once it is ready: the addresses, and commands that show the platform at work. */
import { styleText } from 'node:util';
import type { Laptop } from '../laptop.ts';

export function welcome(laptop: Laptop): string {
  const { accessKeyId, secretAccessKey } = laptop.operatorCredentials;
  const aws = `aws --endpoint-url ${laptop.endpointUrl} --region ${laptop.region}`;
  const control = `curl -s -X POST ${laptop.github.url}/_control`;
  const rows: [string, string][] = [
    ['Webhook URL', laptop.webhookUrl],
    ['Webhook secret', laptop.webhookSecret],
    ['AWS endpoint', laptop.endpointUrl],
    ['AWS credentials', `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`],
    ['GitHub stand-in', laptop.github.url],
  ];
  const commands: [string, string][] = [
    ['install the App on an organization', `${control}/installations -d '{"login":"acme"}'`],
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
