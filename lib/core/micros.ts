/** Millionths of a US dollar, a whole number. */
export type Micros = number;

/** For people: to the hundredth of a cent. */
export const dollars = (micros: Micros): string => `$${(micros / 1_000_000).toFixed(4)}`;

/** For people: to the cent, and below a dollar to the hundredth of a cent. */
export function dollarAmount(micros: Micros): string {
  const digits = micros !== 0 && Math.abs(micros) < 1_000_000 ? 4 : 2;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `$${(micros / 1_000_000).toLocaleString('en-US', format)}`;
}
