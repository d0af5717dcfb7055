/** The audit rows about the deployment as a whole. Each is put once, never over another one. */
import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { configurationSubject } from '../../contract/audit.ts';
import { withoutSecrets } from '../../core/redact.ts';
import { settingDifferences } from '../../core/setting-differences.ts';
import type { DeployedConfiguration, DeploymentAudit } from '../../ports/deployment-audit.ts';
import { OperationalError } from '../../ports/errors.ts';
import { type Attributes, text } from './attributes.ts';
import { configurationAuditRow, deploymentAuditRow } from './audit-row.ts';
import { operational } from './errors.ts';
import { queryRows } from './read.ts';

export interface DeploymentAuditPlace {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** One attempt is lost to each concurrent writer; at most two copies of the reconciler meet. */
const mostTries = 3;

/** A recorded configuration, with its version. */
export interface ConfigurationVersion extends DeployedConfiguration {
  readonly version: number;
  /** In its stored form. */
  readonly row: Attributes;
}

export function createDeploymentAudit(place: DeploymentAuditPlace): DeploymentAudit {
  return {
    async record({ before, after, ...change }) {
      const record = { ...change, before: texts(before), after: texts(after) };
      await putOnce(place, deploymentAuditRow(record, randomUUID()));
    },
    async recordConfiguration({ at, who, configuration, code }) {
      const now = { configuration: withoutSecrets(configuration), code };
      for (let tries = 1; tries <= mostTries; tries += 1) {
        const [last] = await configurationVersions(place, 1);
        const changed = changesOf(last, now);
        if (last && changed.before.size + changed.after.size === 0) return undefined;
        const version = (last?.version ?? 0) + 1;
        const before = texts(Object.fromEntries(changed.before));
        const after = texts(Object.fromEntries(changed.after));
        const record = { at, who, action: 'deployed', before, after };
        const isNew = await putOnce(place, configurationAuditRow(record, { ...now, version }));
        if (isNew) return { version, changed: Object.keys({ ...before, ...after }) };
      }
      throw new OperationalError('Other processes are recording configurations.', {
        code: 'overtaken',
        retryable: true,
      });
    },
  };
}

/** Newest first, at most this many. */
export async function configurationVersions(
  { client, tableName }: DeploymentAuditPlace,
  most: number,
): Promise<ConfigurationVersion[]> {
  const rows = await queryRows(
    client,
    {
      TableName: tableName,
      KeyConditionExpression: 'subject = :subject',
      ExpressionAttributeValues: { ':subject': text(configurationSubject) },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    most,
  );
  return rows.map((row) => ({
    version: Number(row['version']?.N ?? 0),
    configuration: row['configuration']?.S ?? '{}',
    code: row['code']?.S ?? '',
    row,
  }));
}

/** The first one has no predecessor to compare it with, so it is stored whole. */
function changesOf(last: ConfigurationVersion | undefined, now: DeployedConfiguration) {
  const [before, after] = [new Map<string, string>(), new Map<string, string>()];
  if (!last) return { before, after };
  for (const difference of settingDifferences(last.configuration, now.configuration)) {
    if (difference.before !== undefined) before.set(difference.path, difference.before);
    if (difference.after !== undefined) after.set(difference.path, difference.after);
  }
  if (last.code !== now.code) {
    before.set('code', last.code);
    after.set('code', now.code);
  }
  return { before, after };
}

const texts = (values: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));

/** False: the row already exists. */
async function putOnce({ client, tableName }: DeploymentAuditPlace, Item: Attributes): Promise<boolean> {
  const ConditionExpression = 'attribute_not_exists(subject)';
  try {
    await client.send(new PutItemCommand({ TableName: tableName, Item, ConditionExpression }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw operational('PutItem', error);
  }
}
