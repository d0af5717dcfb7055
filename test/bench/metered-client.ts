/** A DynamoDB client that adds up the units that the stand-in reports for its calls. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface UnitMeter {
  read: number;
  written: number;
  calls: number;
}

const reading = /^(GetItem|BatchGetItem|Query|Scan)Command$/;

export function meteredClient(endpoint: string, meter: UnitMeter): DynamoDBClient {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        const input = { ...call.input, ReturnConsumedCapacity: 'TOTAL' } as typeof call.input;
        meter.calls += 1;
        const answer = await next({ ...call, input });
        const { ConsumedCapacity: used } = answer.output as { ConsumedCapacity?: unknown };
        for (const table of [used].flat() as { CapacityUnits?: number }[]) {
          const units = table?.CapacityUnits ?? 0;
          if (reading.test(commandName)) meter.read += units;
          else meter.written += units;
        }
        return answer;
      },
    { step: 'initialize', name: 'capacity' },
  );
  return client;
}
