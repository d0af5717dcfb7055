/**
 * The laptop's DynamoDB alone, for tests and tools that need only tables: the engine with the laptop's additions, without
 * IAM and signatures. It listens on 127.0.0.1 alone.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type DynamoEngine, startDynamoEngine } from './dynamo-engine.ts';
import { createDynamoService } from './dynamodb.ts';
import { type AwsCall, AwsError } from './service.ts';

export async function startDynamoAlone(): Promise<DynamoEngine> {
  const engine = await startDynamoEngine();
  const service = createDynamoService({ engineUrl: engine.url });
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const action = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    const input = JSON.parse(body) as AwsCall['input'];
    const call = { action, input, body: Buffer.from(body), region: 'us-east-1', accountId: '000000000000' };
    const answer = await service.handle(call as AwsCall).catch((cause: Error) => ({
      status: cause instanceof AwsError ? cause.status : 500,
      headers: {},
      body: JSON.stringify({
        __type: cause instanceof AwsError ? cause.code : 'InternalServerError',
        message: cause.message,
      }),
    }));
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      service.close();
      await engine.close();
    },
  };
}
