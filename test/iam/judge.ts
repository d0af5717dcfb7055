/**
 * Holds what functions may do against what they were seen to do. Nothing is let off but what a laptop cannot bring about,
 * by a list that is itself held against what was seen.
 */
import type { Evidence } from './evidence.ts';
import { type Grant, grantKey } from './grant.ts';

/** A grant, of whichever function has it, that no end-to-end test can need. */
export interface LetOff extends Omit<Grant, 'function'> {
  readonly reason: string;
}

export interface Trial {
  readonly worlds: readonly Evidence[];
  /** What functions are granted with every option in use. */
  readonly everyGrant: readonly Grant[];
  readonly letOff: readonly LetOff[];
  /** Grants of a path that the end-to-end suite takes by chance alone, by their keys: needed or not in a run. */
  readonly rare?: readonly string[];
}

/** @returns what is wrong, a line each; empty where every grant is used and no call lacked one */
export function judge({ worlds, everyGrant, letOff, rare = [] }: Trial): string[] {
  const granted = keys(worlds.flatMap(({ grants }) => grants));
  const used = keys(worlds.flatMap(({ uses }) => uses));
  const isExcused = (grant: string) => letOff.some((one) => grant.endsWith(` ${keyOf(one)}`));
  const excusedBy = (one: LetOff, grants: ReadonlySet<string>) =>
    [...grants].some((grant) => grant.endsWith(` ${keyOf(one)}`));
  const every = keys(everyGrant);
  const lines = [
    ...[...granted]
      .filter((grant) => !used.has(grant) && !isExcused(grant) && !rare.includes(grant))
      .map((grant) => `${grant}: granted, and no call of the whole end-to-end suite needed it`),
    ...[...every]
      .filter((grant) => !granted.has(grant) && !isExcused(grant))
      .map((grant) => `${grant}: granted with every option in use, and no end-to-end world has that option`),
    ...worlds
      .flatMap(({ denials }) => denials)
      .map(({ caller, action, resource }) => `${caller} ${action} on ${resource}: called, and not granted`),
    ...rare
      .filter((grant) => !granted.has(grant) && !every.has(grant))
      .map((grant) => `${grant}: on the list of rare paths, and nothing grants it; take it off the list`),
    ...letOff
      .filter((one) => excusedBy(one, used))
      .map((one) => `${keyOf(one)}: let off, and it was used; take it off the list`),
    ...letOff
      .filter((one) => !excusedBy(one, granted) && !excusedBy(one, every))
      .map((one) => `${keyOf(one)}: let off, and nothing grants it; take it off the list`),
  ];
  return [...new Set(lines)].sort();
}

const keyOf = ({ sid, action, kind }: LetOff) => `${sid} ${action} on ${kind}`;

const keys = (grants: readonly Grant[]): ReadonlySet<string> => new Set(grants.map(grantKey));
