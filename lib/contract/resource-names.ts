/**
 * The names of queues and functions, as metrics and log groups use them. They follow from the configuration, so that
 * monitoring refers to none of the platform's resources and never blocks a change of them.
 */
import type { Deployment } from './deployment.ts';
import { functionNameOf } from './function-name.ts';
import { type FunctionName, functionNames } from './functions.ts';
import { tierQueueOf } from './queue-name.ts';

export interface Names {
  /** Dead-letter queues not included. */
  readonly queues: readonly string[];
  readonly tierQueues: readonly string[];
  readonly functions: readonly string[];
  readonly logGroups: readonly string[];
}

/** Queues shared by all tiers, and the function that reads each. */
export const sharedQueueWorkers = {
  lifecycle: 'lifecycle',
  completions: 'lifecycle',
  installations: 'tenant-manager',
  admission: 'admission',
} as const satisfies Record<string, FunctionName>;
export type SharedQueue = keyof typeof sharedQueueWorkers;
export const sharedQueues = Object.keys(sharedQueueWorkers) as SharedQueue[];

export const deadLettersOf = (queue: string) => `${queue}-dead-letters`;

export function namesOf({ environment, tiers }: Deployment): Names {
  const tierQueues = tiers.map(({ name }) => tierQueueOf(environment, name));
  const functions = functionNames.map((name) => functionNameOf(environment, name));
  return {
    queues: [...tierQueues, ...sharedQueues.map((name) => `${environment}-${name}`)],
    tierQueues,
    functions,
    logGroups: functions.map((name) => `/aws/lambda/${name}`),
  };
}
