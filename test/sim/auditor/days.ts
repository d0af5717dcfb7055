/** Days and months in UTC, cached by day: a run has few of them, and its auditor asks for each row after each call. */
interface Day {
  /** `2026-11-21`. */
  readonly day: string;
  /** `2026-11`. */
  readonly month: string;
}

const milliseconds = 86_400_000;
const known = new Map<number, Day>();

export function dayAt(at: number): Day {
  const number = Math.floor(at / milliseconds);
  const found = known.get(number);
  if (found) return found;
  const date = new Date(at).toISOString();
  const made = { day: date.slice(0, 10), month: date.slice(0, 7) };
  known.set(number, made);
  return made;
}
