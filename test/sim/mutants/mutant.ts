/** A deliberate fault: a replacement in one file, or in two files that together make one fault. */
export interface Mutant {
  readonly name: string;
  /** What the mutant does wrong. */
  readonly fault: string;
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const mutant = (name: string, fault: string, file: string, from: string, to: string): Mutant => ({
  name,
  fault,
  changes: [{ file, from, to }],
});
