/** Millionths of a US dollar, a whole number. */
export type Micros = number;

/** For people: to the hundredth of a cent. */
export const dollars = (micros: Micros): string => `$${(micros / 1_000_000).toFixed(4)}`;

/** For people: to the cent, and below a dollar to the hundredth of a cent. */
export const dollarAmount = (micros: Micros): string => `$${amount(micros)}`;

/** The same in a table whose head names the currency. */
export function amount(micros: Micros): string {
  const digits = micros !== 0 && Math.abs(micros) < 1_000_000 ? 4 : 2;
  return formatOf(digits).format(micros / 1_000_000);
}

/** Creating one takes far longer than using it. */
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(digits: number): Intl.NumberFormat {
  const known = formats.get(digits);
  if (known) return known;
  const made = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  formats.set(digits, made);
  return made;
}

/** For programs: all six decimals. */
export const exactDollars = (micros: Micros): string => (micros / 1_000_000).toFixed(6);

/** @param dollars as AWS and people write them */
export const microsFrom = (dollars: number): Micros => Math.round(dollars * 1_000_000);
