/** Prints a line for each tenant: its id, its status, and how many machines it may have. */
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient();

export async function handler() {
  for await (const { Items = [] } of paginateScan({ client }, { TableName: process.env.TENANTS_TABLE })) {
    for (const { installation_id, account_login, status, max_runners } of Items) {
      const tenant = {
        id: installation_id.N,
        login: account_login?.S,
        status: status?.S,
        max: max_runners?.N,
      };
      console.log(JSON.stringify(tenant));
    }
  }
}
