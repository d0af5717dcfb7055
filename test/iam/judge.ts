/**
 * Compares what functions may do with what they were seen to do. Excused is what a laptop cannot bring about, by a list
 * that is itself compared with what was seen, and what depends on which message meets which row (`isMetByChance`).
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
}

/**
 * Which rows a function reads and writes, and whether it asks EC2 what became of a machine, depends on which of two
 * messages comes first. One run needs such a grant and the next does not. document.ts refuses the grant where no line of
 * the function's code needs it, which is the same in every run.
 */
const isMetByChance = ({ action }: Grant) => /^(dynamodb:|ec2:Describe)/.test(action);

/** @returns what is wrong, a line each; empty where every grant is used and no call lacked one */
export function judge({ worlds, everyGrant, letOff }: Trial): string[] {
  const grants = worlds.flatMap((world) => world.grants);
  const granted = keys(grants);
  const expected = keys(grants.filter((grant) => !isMetByChance(grant)));
  const used = keys(worlds.flatMap(({ uses }) => uses));
  const isExcused = (grant: string) => letOff.some((one) => grant.endsWith(` ${keyOf(one)}`));
  const excusedBy = (one: LetOff, grants: ReadonlySet<string>) =>
    [...grants].some((grant) => grant.endsWith(` ${keyOf(one)}`));
  const every = keys(everyGrant);
  const lines = [
    ...[...expected]
      .filter((grant) => !used.has(grant) && !isExcused(grant))
      .map((grant) => `${grant}: granted, and no call of the whole end-to-end suite needed it`),
    ...[...every]
      .filter((grant) => !granted.has(grant) && !isExcused(grant))
      .map((grant) => `${grant}: granted with every option in use, and no end-to-end world has that option`),
    ...worlds
      .flatMap(({ denials }) => denials)
      .map(({ caller, action, resource }) => `${caller} ${action} on ${resource}: called, and not granted`),
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
