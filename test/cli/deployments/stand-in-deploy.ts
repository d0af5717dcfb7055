/**
 * In place of `npx cdk deploy --all`: takes the configuration file for deployed, and records it as the reconciler of the new
 * deploy would. With `fail` it deploys nothing.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDeploymentAudit } from '../../../lib/adapters/dynamodb/deployment-audit.ts';

const [file = '', tableName = '', outcome = ''] = process.argv.slice(2);
if (outcome === 'fail') process.exit(1);
const { default: config } = (await import(file)) as { default: { region: string } };
const client = new DynamoDBClient({ region: config.region });
await createDeploymentAudit({ client, tableName }).recordConfiguration({
  configuration: JSON.stringify(config),
  code: 'code-2',
  at: new Date().toISOString(),
  who: 'the stand-in of a deploy',
});
client.destroy();
