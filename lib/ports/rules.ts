import type { JobFacts } from '../core/controllers/facts.ts';

/** Expressions over the facts of a job, in CEL (https://cel.dev). Bounded in length, depth and cost; never throws. */
export interface Rules {
  /** What is wrong with an expression, for whoever wrote it. Undefined: it is a condition, and within the bounds. */
  faultOf(expression: string): string | undefined;
  /** The facts that it names and only GitHub has: `run.event`. */
  askedFacts(expression: string): readonly string[];
  /** Why it cannot be evaluated, if so. */
  judge(expression: string, facts: JobFacts): boolean | { readonly failed: string };
}

/** They are loaded when somebody has rules: most jobs need none. */
export type LoadRules = () => Promise<Rules>;
