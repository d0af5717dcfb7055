/** IAM policies ready to paste: JSON documents for one environment in one account and region. */

export interface PolicyTarget {
  readonly environment: string;
  readonly region: string;
  /** Twelve digits, or `*`: the account to which the policy is attached. */
  readonly account: string;
  /** The stack of your own CDK app that contains the deployment; absent: Mayfly's own stacks. */
  readonly stack?: string;
  /** The account's own key, if the configuration names one. */
  readonly kmsKeyArn?: string;
  /** The account's own parameters from which tiers take their image. */
  readonly imageParameters?: readonly string[];
  /** Of all tiers. */
  readonly instanceTypes?: readonly string[];
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface NamedPolicy {
  readonly name: string;
  /** Who needs it, and for what. */
  readonly summary: string;
  document(target: PolicyTarget): PolicyDocument;
}

export const policyDocument = (statements: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

export function allow(
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: PolicyStatement['Condition'],
): PolicyStatement {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) };
}

/** `arn('sqs', target, 'my-saas-lifecycle')`. */
export const arn = (service: string, { region, account }: PolicyTarget, resource: string) =>
  `arn:aws:${service}:${region}:${account}:${resource}`;

/** For services without regions. */
export const globalArn = (service: string, { account }: PolicyTarget, resource: string) =>
  `arn:aws:${service}::${account}:${resource}`;
