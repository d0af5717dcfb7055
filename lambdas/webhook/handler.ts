/**
 * GitHub's webhook URL: a Lambda function URL (payload format 2.0). It turns the request into bytes and headers,
 * calls one use case, and maps its answer. It reads nothing but its environment and `deployment.json`.
 */
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { noRetries } from '../../lib/adapters/aws-json/retry-budget.ts';
import { createSecret } from '../../lib/adapters/secrets-manager/secret.ts';
import { createSignatures } from '../../lib/adapters/signature/signatures.ts';
import { invocationMilliseconds, withDirectInvocation } from '../../lib/adapters/sqs/direct-invocation.ts';
import { createQueues } from '../../lib/adapters/sqs/queues.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { createTelemetry } from '../../lib/adapters/telemetry/telemetry.ts';
import { receiveWebhook, type WebhookAnswer } from '../../lib/app/webhook/receive-webhook.ts';
import { readTierUrls, readVariable, variables } from '../../lib/contract/environment.ts';
import { functionNameOf } from '../../lib/contract/function-name.ts';

export interface FunctionUrlRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly http: { readonly method: string } };
}

const deployment = readDeployment(import.meta.url);
const secret = createSecret({
  secrets: createAwsJson({ service: 'secretsManager' }),
  arn: readVariable(variables.webhookSecretArn),
  clock: systemClock,
});
const telemetry = createTelemetry({ environment: deployment.environment, clock: systemClock });
const queues = createQueues({
  sqs: createAwsJson({ service: 'sqs' }),
  urls: {
    tiers: readTierUrls(readVariable(variables.tierQueueUrls)),
    lifecycle: readVariable(variables.lifecycleQueueUrl),
    completions: readVariable(variables.completionsQueueUrl),
    installations: readVariable(variables.installationsQueueUrl),
  },
});
const deps = {
  deployment,
  signatures: createSignatures({ secret }),
  queues: withDirectInvocation({
    lambda: createAwsJson({
      service: 'lambda',
      answerMilliseconds: invocationMilliseconds,
      budget: noRetries,
      isAlwaysFresh: true,
    }),
    queues,
    functionName: functionNameOf(deployment.environment, 'lifecycle'),
    clock: systemClock,
    telemetry,
  }),
  telemetry,
  clock: systemClock,
};

export async function handler(request: FunctionUrlRequest) {
  if (request.requestContext.http.method !== 'POST') {
    const why = 'This is a webhook: GitHub posts to it. Set it as the webhook URL of the App.';
    return response({ status: 405, body: { outcome: 'refused', why } }, { allow: 'POST' });
  }
  const body = Buffer.from(request.body ?? '', request.isBase64Encoded ? 'base64' : 'utf8');
  return response(await receiveWebhook(deps, { headers: request.headers, body }));
}

const response = ({ status, body }: WebhookAnswer, headers: Record<string, string> = {}) => ({
  statusCode: status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
