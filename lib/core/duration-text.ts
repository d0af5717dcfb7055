/** Durations as text for people. The only place that decides this wording. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 2 * 3600) return `${Math.round(whole / 60)} min`;
  return whole < 2 * 86_400 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86_400)} days`;
}

/** Between two times in epoch milliseconds. */
export const timeBetween = (from: number, to: number) => durationText((to - from) / 1000);
