import type { JobFacts } from '../core/controllers/facts.ts';

/** Expressions over the facts of a job, in CEL (https://cel.dev). Bounded in length, depth and cost; never throws. */
export interface Rules {
  /** What is wrong with an expression, for its author. Undefined: it is a condition within the bounds. */
  faultOf(expression: string): string | undefined;
  /** At most so many steps for reading and evaluating the expression, whatever the job. */
  stepsOf(expression: string): number;
  /** The facts that the expression names and that only GitHub has: `run.event`. */
  askedFacts(expression: string): readonly string[];
  /** Evaluates the expression. `failed`: why it could not be evaluated. */
  judge(expression: string, facts: JobFacts): boolean | { readonly failed: string };
}

/** They are loaded when somebody has rules: most jobs need none. */
export type LoadRules = () => Promise<Rules>;
