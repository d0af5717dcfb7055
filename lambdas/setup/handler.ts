/** The page that creates the GitHub App, or stores an existing one: a Lambda function URL for an operator's browser. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createNoteStore } from '../../lib/adapters/dynamodb/note-store.ts';
import { createNewApps } from '../../lib/adapters/github/new-apps.ts';
import { keyFingerprint } from '../../lib/adapters/identity/key-fingerprint.ts';
import { createSetupTokens } from '../../lib/adapters/identity/setup-tokens.ts';
import { createAppVault } from '../../lib/adapters/secrets-manager/app-vault.ts';
import { createSecretsManagerClient } from '../../lib/adapters/secrets-manager/client.ts';
import { systemChance, systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import { deploymentAuditPart, secretPart, telemetryPart } from '../common/parts.ts';
import { setupPages } from './pages.ts';

const deployment = readDeployment(import.meta.url);

export const handler = setupPages({
  environment: deployment.environment,
  githubWebUrl: readVariable(variables.githubWebUrl),
  webhookUrl: readVariable(variables.webhookUrl),
  tokens: createSetupTokens({ secret: secretPart(variables.setupSecretArn) }),
  newApps: createNewApps({ apiUrl: readVariable(variables.githubApiUrl) }),
  vault: createAppVault({
    client: createSecretsManagerClient(),
    appSecretArn: readVariable(variables.appSecretArn),
    webhookSecretArn: readVariable(variables.webhookSecretArn),
  }),
  notes: createNoteStore({ client: new DynamoDBClient({}), tableName: readVariable(variables.notesTable) }),
  audit: deploymentAuditPart(),
  fingerprint: keyFingerprint,
  telemetry: telemetryPart(deployment),
  clock: systemClock,
  chance: systemChance,
});
