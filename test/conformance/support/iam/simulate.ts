/**
 * Somebody else's evaluator of IAM, @cloud-copilot/iam-simulate, which knows from AWS's own reference which condition keys
 * there are for each action and type of resource. A key that AWS does not give there is not seen by any condition.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IamQuestion } from '../../../../lib/local/aws/service.ts';
import type { Statement } from '../../../iam/platform-policies.ts';

export interface Judgement {
  readonly allowed: boolean;
  /** Of the question, and unknown to AWS for this action and resource. In lower case. */
  readonly unknownKeys: readonly string[];
  /** Why the question or the policy was not judged at all. */
  readonly fault?: string;
}

export type Judge = (statements: readonly Statement[], question: IamQuestion) => Promise<Judgement>;

type Answer =
  | { readonly resultType: 'error'; readonly errors: unknown }
  | {
      readonly resultType: 'single';
      readonly overallResult: string;
      readonly result: { readonly ignoredContextKeys?: readonly string[] };
    }
  | { readonly resultType: 'wildcard' };

interface Simulator {
  runSimulation(simulation: unknown, options: unknown): Promise<Answer>;
}

export const accountId = '123456789012';

/** What AWS gives a new key: the account's own policies decide. */
const openKey = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

/** @param packages the folder that holds the package */
export async function loadJudge(packages: string): Promise<Judge> {
  const file = join(packages, '@cloud-copilot', 'iam-simulate', 'dist', 'esm', 'index.js');
  const { runSimulation } = (await import(pathToFileURL(file).href)) as Simulator;
  return async (statements, { action, resource, context }) => {
    const answer = await runSimulation(
      {
        identityPolicies: [{ name: 'role', policy: { Version: '2012-10-17', Statement: statements } }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(action.startsWith('kms:') ? { resourcePolicy: openKey } : {}),
        request: {
          action,
          principal: `arn:aws:iam::${accountId}:role/role`,
          resource: { resource: concrete(resource), accountId },
          contextVariables: context,
        },
      },
      {},
    );
    switch (answer.resultType) {
      case 'single':
        return {
          allowed: answer.overallResult === 'Allowed',
          unknownKeys: (answer.result.ignoredContextKeys ?? []).map((key) => key.toLowerCase()),
        };
      case 'error':
        return { allowed: false, unknownKeys: [], fault: JSON.stringify(answer.errors) };
      default:
        return { allowed: false, unknownKeys: [], fault: `${resource} is no single resource` };
    }
  };
}

/** What EC2 asks about before there is an id: any id stands for it. */
const concrete = (resource: string) =>
  resource === '*'
    ? resource
    : resource.replace(/(:log-group:.+):\*$/, '$1:log-stream:one').replaceAll('*', '0123456789abcdef0');
