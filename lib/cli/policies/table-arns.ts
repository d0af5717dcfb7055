/** The tables of an environment, and their indexes, as policies name them. */
import { tables } from '../../contract/tables.ts';
import { arn, type Place } from './policy.ts';

export const table = (place: Place, name: keyof typeof tables) =>
  arn('dynamodb', place, `table/${place.environment}-${tables[name].suffix}`);

export const index = (place: Place, name: keyof typeof tables, indexName: string) =>
  `${table(place, name)}/index/${indexName}`;
