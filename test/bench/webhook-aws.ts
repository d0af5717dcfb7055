/**
 * A separate process: the AWS that the webhook function calls, and a server that only reads a request and answers it, for the
 * baseline. It sends their addresses to its parent.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { variables } from '../../lib/contract/environment.ts';
import { startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSecretsService } from '../../lib/local/aws/secrets.ts';
import { createSqsService } from '../../lib/local/aws/sqs.ts';

export interface WebhookAws {
  readonly variables: Readonly<Record<string, string>>;
  readonly secret: string;
  /** `http://127.0.0.1:<port>`. */
  readonly plainUrl: string;
}

const place = { region: 'us-east-1', accountId: '000000000000' };
const secret = 'known to GitHub and to the platform';
const secrets = createSecretsService(place);
const { arn } = secrets.create({ name: 'webhook', secretString: secret });
const queues = createSqsService({ ...place, endpointUrl: () => endpoint.url });
const endpoint = await startAwsEndpoint({ ...place, services: [queues, secrets] });
const plain = createServer((request, response) => {
  request.resume().once('end', () => response.end('{"MessageId":"00000000-0000-0000-0000-000000000000"}'));
});
await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
const url = (name: string) => queues.createQueue({ name }).url;
const message: WebhookAws = {
  secret,
  plainUrl: `http://127.0.0.1:${(plain.address() as AddressInfo).port}`,
  variables: {
    [variables.webhookSecretArn]: arn,
    [variables.tierQueueUrls]: JSON.stringify({ small: url('small') }),
    [variables.lifecycleQueueUrl]: url('lifecycle'),
    [variables.completionsQueueUrl]: url('completions'),
    [variables.installationsQueueUrl]: url('installations'),
    AWS_REGION: place.region,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: endpoint.operatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.operatorCredentials.secretAccessKey,
  },
};
process.once('disconnect', () => process.exit());
process.send?.(message);
