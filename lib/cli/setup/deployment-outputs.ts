/** Reads the stacks' outputs: the URLs and secrets of this environment, and which GitHub it works with. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { awsOptions } from '../aws-clients.ts';
import { usageErrorUnlessFault } from '../aws-faults.ts';
import { type CommandCall, UsageError } from '../command.ts';

export interface DeploymentOutputs {
  readonly webhookUrl: string;
  readonly webhookSecretArn: string;
  readonly appSecretArn: string;
  readonly setupSecretArn: string;
  readonly setupPageUrl: string;
  readonly githubApiUrl: string;
  /** Where people see GitHub. */
  readonly githubWebUrl: string;
}

/** @throws UsageError if the environment is not deployed */
export async function readOutputs(call: CommandCall): Promise<DeploymentOutputs> {
  const client = new CloudFormationClient(awsOptions(call));
  const outputs = new Map<string, string>();
  const stacks = stacksOf(call);
  for (const StackName of stacks) {
    const answer = await client.send(new DescribeStacksCommand({ StackName })).catch((cause: Error) => {
      throw usageErrorUnlessFault(
        cause,
        `The stack ${StackName} cannot be read (${cause.message}). Deploy first: npx cdk deploy --all`,
      );
    });
    for (const { OutputKey, OutputValue } of answer.Stacks?.[0]?.Outputs ?? []) {
      if (OutputKey && OutputValue) outputs.set(OutputKey, OutputValue);
    }
  }
  const need = (key: string): string => {
    const value = outputs.get(key);
    if (value) return value;
    throw new UsageError(
      `${stacks.join(' and ')}: there is no output ${key}. Deploy this version: npx cdk deploy --all`,
    );
  };
  return {
    webhookUrl: need('WebhookEndpoint'),
    webhookSecretArn: need('WebhookSecretArn'),
    appSecretArn: need('AppSecretArn'),
    setupSecretArn: need('SetupSecretArn'),
    setupPageUrl: need('SetupPage'),
    githubApiUrl: need('GitHubApi'),
    githubWebUrl: need('GitHubWeb'),
  };
}

const stacksOf = ({ config, options }: CommandCall): readonly string[] =>
  typeof options['stack'] === 'string'
    ? [options['stack']]
    : ['state', 'control-plane'].map((part) => `${config.environment}-${part}`);
