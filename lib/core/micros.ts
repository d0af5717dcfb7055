/** Millionths of a US dollar, a whole number. */
export type Micros = number;

/** For people: to the hundredth of a cent. */
export const dollars = (micros: Micros): string => `$${(micros / 1_000_000).toFixed(4)}`;
