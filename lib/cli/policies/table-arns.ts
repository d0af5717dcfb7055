/** The tables of an environment, and their indexes, as policies name them. */
import { tables } from '../../contract/tables.ts';
import { arn, type PolicyTarget } from './policy.ts';

export const table = (target: PolicyTarget, name: keyof typeof tables) =>
  arn('dynamodb', target, `table/${target.environment}-${tables[name].suffix}`);

export const index = (target: PolicyTarget, name: keyof typeof tables, indexName: string) =>
  `${table(target, name)}/index/${indexName}`;
