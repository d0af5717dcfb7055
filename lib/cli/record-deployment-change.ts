/** Records in the audit that somebody changes the deployment: its App, its secrets, its configuration. */
import { createDeploymentAudit } from '../adapters/dynamodb/deployment-audit.ts';
import { tables } from '../contract/tables.ts';
import type { DeploymentChange } from '../ports/deployment-audit.ts';
import { dynamoClient } from './aws-clients.ts';
import type { CommandCall } from './command.ts';
import { whoRuns } from './tenants/who.ts';

export async function recordDeploymentChange(
  call: CommandCall,
  change: Pick<DeploymentChange, 'action' | 'before' | 'after'>,
): Promise<void> {
  const client = dynamoClient(call);
  const tableName = `${call.config.environment}-${tables.audit.suffix}`;
  const { reason } = call.options;
  await createDeploymentAudit({ client, tableName }).record({
    ...change,
    at: new Date().toISOString(),
    who: await whoRuns(call),
    ...(typeof reason === 'string' ? { reason } : {}),
  });
  client.destroy();
}
