/**
 * Holds what functions may do against what they were seen to do. Nothing is let off but what a laptop cannot bring about,
 * by a list that is itself held against what was seen.
 */
import type { Evidence } from './evidence.ts';
import { type Grant, grantKey } from './grant.ts';

/** A grant that no end-to-end test can need. */
export interface BeyondTheLaptop extends Grant {
  readonly reason: string;
}

export interface Trial {
  readonly worlds: readonly Evidence[];
  /** What functions are granted with every option in use. */
  readonly everyGrant: readonly Grant[];
  readonly beyond: readonly BeyondTheLaptop[];
}

/** @returns what is wrong, a line each; empty where every grant is used and no call lacked one */
export function judge({ worlds, everyGrant, beyond }: Trial): string[] {
  const granted = keys(worlds.flatMap(({ grants }) => grants));
  const used = keys(worlds.flatMap(({ uses }) => uses));
  const excused = keys(beyond);
  const lines = [
    ...[...granted]
      .filter((grant) => !used.has(grant) && !excused.has(grant))
      .map((grant) => `${grant}: granted, and no call of the whole end-to-end suite needed it`),
    ...[...keys(everyGrant)]
      .filter((grant) => !granted.has(grant) && !excused.has(grant))
      .map((grant) => `${grant}: granted with every option in use, and no end-to-end world has that option`),
    ...worlds
      .flatMap(({ denials }) => denials)
      .map(({ caller, action, resource }) => `${caller} ${action} on ${resource}: called, and not granted`),
    ...[...excused]
      .filter((grant) => used.has(grant))
      .map((grant) => `${grant}: listed as beyond the laptop, and it was used; take it off the list`),
    ...[...excused]
      .filter((grant) => !granted.has(grant) && !keys(everyGrant).has(grant))
      .map((grant) => `${grant}: listed as beyond the laptop, and nothing grants it; take it off the list`),
  ];
  return [...new Set(lines)].sort();
}

const keys = (grants: readonly Grant[]): ReadonlySet<string> => new Set(grants.map(grantKey));
