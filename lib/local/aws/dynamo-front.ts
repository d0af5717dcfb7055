/**
 * The laptop's DynamoDB alone, for tests and tools that need only tables: the engine with the laptop's additions, without
 * IAM and signatures. It listens on 127.0.0.1 alone.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { type DynamoEngine, startDynamoEngine } from './dynamo-engine.ts';
import { createDynamoService } from './dynamodb.ts';
import { type AwsAnswer, type AwsCall, AwsError } from './service.ts';

export interface DynamoAlone extends DynamoEngine {
  /** What a request of this process gets, without HTTP. @param target as in the header `x-amz-target` */
  answer(target: unknown, body: string): Promise<AwsAnswer>;
}

export async function startDynamoAlone(): Promise<DynamoAlone> {
  const engine = await startDynamoEngine();
  const service = createDynamoService({ engineUrl: engine.url });
  const answer: DynamoAlone['answer'] = (target, body) => {
    const action = String(target).replace(/^.*\./, '');
    const input = JSON.parse(body) as AwsCall['input'];
    const call = { action, input, body: Buffer.from(body), region: 'us-east-1', accountId: '000000000000' };
    return service.handle(call as AwsCall).catch((cause: Error) => ({
      status: cause instanceof AwsError ? cause.status : 500,
      headers: {},
      body: JSON.stringify({
        __type: cause instanceof AwsError ? cause.code : 'InternalServerError',
        message: cause.message,
      }),
    }));
  };
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await answer(request.headers['x-amz-target'], await text(request));
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    answer,
    async close() {
      server.closeAllConnections();
      server.close();
      service.close();
      await engine.close();
    },
  };
}
