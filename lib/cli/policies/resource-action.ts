/** The calls that one type of resource needs, and on which resources. */
import type { PolicyTarget } from './policy.ts';

export interface ResourceActions {
  readonly actions: readonly string[];
  on(target: PolicyTarget): readonly string[];
}

export type ResourceActionsByType = Readonly<Record<string, readonly ResourceActions[]>>;
