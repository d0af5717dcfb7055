/**
 * What a check is: something outside of this repository that looks at the platform and says whether it holds. A check
 * that could not look says what it lacked; it never counts as passed.
 */

export interface Check {
  readonly name: string;
  /** Ends within minutes, with everything that it started ended too. */
  run(tell: Tell): Promise<Outcome>;
}

/** Says what is being done, for those who wait. */
export type Tell = (progress: string) => void;

export type Outcome =
  | { readonly kind: 'passed'; readonly figures: string }
  | { readonly kind: 'failed'; readonly figures: string; readonly findings: readonly string[] }
  | { readonly kind: 'could not run'; readonly missing: string; readonly remedy: string };

/** A tool that a check needs and that is not to be had here. Whoever runs the checks counts it as `could not run`. */
export class ToolMissing extends Error {
  readonly remedy: string;

  constructor(missing: string, remedy: string) {
    super(missing);
    this.name = 'ToolMissing';
    this.remedy = remedy;
  }
}

/** Passed where there is nothing to find. */
export const verdict = (figures: string, findings: readonly string[]): Outcome =>
  findings.length === 0 ? { kind: 'passed', figures } : { kind: 'failed', figures, findings };
