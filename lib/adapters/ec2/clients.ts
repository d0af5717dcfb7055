/**
 * EC2 clients with bounded waits. The one that launches never retries by itself: a launch must only be sent twice on
 * purpose. The other one does, because reading and terminating can be repeated.
 */
import { EC2Client } from '@aws-sdk/client-ec2';

export interface Ec2Clients {
  readonly launching: EC2Client;
  readonly asking: EC2Client;
  /** For calls that no machine waits for. */
  readonly pricing: EC2Client;
}

export function createEc2Clients(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Ec2Clients {
  const endpoint = variables['AWS_ENDPOINT_URL_EC2'] || variables['AWS_ENDPOINT_URL'];
  const client = (maxAttempts: number, handler: { requestTimeout: number; keepAlive: boolean }) => {
    const { requestTimeout, keepAlive } = handler;
    return new EC2Client({
      ...(endpoint ? { endpoint } : {}),
      maxAttempts,
      requestHandler: {
        connectionTimeout: 1_000,
        requestTimeout,
        throwOnRequestTimeout: true,
        httpAgent: { keepAlive },
        httpsAgent: { keepAlive },
      },
    });
  };
  return {
    // CreateFleet for an instant fleet answers when the machines have started: after seconds, if there are many. An
    // idle connection may break when it is used again, and it is then unknown whether the call arrived. So each call
    // gets a new connection, which costs a few milliseconds. Two calls, one of which broke at once, fit into
    // scale-up's time.
    launching: client(1, { requestTimeout: 12_000, keepAlive: false }),
    asking: client(3, { requestTimeout: 5_000, keepAlive: true }),
    pricing: client(1, { requestTimeout: 2_000, keepAlive: true }),
  };
}
