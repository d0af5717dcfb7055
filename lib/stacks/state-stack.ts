/** The stack that is never replaced: tables and secrets. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { State, type StateProps } from '../constructs/state/state.ts';

export class StateStack extends Stack {
  readonly state: State;

  constructor(scope: Construct, id: string, props: StackProps & StateProps) {
    super(scope, id, props);
    this.state = new State(this, 'State', props);
    const { tenants, webhookSecret, appSecret, setupSecret } = this.state;
    new CfnOutput(this, 'TenantTable', { value: tenants.tableName, description: 'The registry of tenants' });
    new CfnOutput(this, 'WebhookSecretArn', {
      value: webhookSecret.secretArn,
      description: 'The webhook secret for the GitHub App',
    });
    new CfnOutput(this, 'WebhookSecretCommand', {
      value: `aws secretsmanager get-secret-value --secret-id ${webhookSecret.secretArn} --query SecretString --output text`,
      description: 'Prints the webhook secret',
    });
    new CfnOutput(this, 'AppSecretArn', {
      value: appSecret.secretArn,
      description: 'Where npx mayfly setup stores the GitHub App',
    });
    new CfnOutput(this, 'SetupSecretArn', {
      value: setupSecret.secretArn,
      description: 'Anyone who may read it can open the setup page',
    });
  }
}
