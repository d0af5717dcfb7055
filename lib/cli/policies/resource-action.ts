/** The calls that one type of resource needs, and on which resources. */
import type { Place } from './policy.ts';

export interface ResourceActions {
  readonly actions: readonly string[];
  on(place: Place): readonly string[];
}

export type ResourceActionsByType = Readonly<Record<string, readonly ResourceActions[]>>;
