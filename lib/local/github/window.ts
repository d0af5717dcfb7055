/** What was used of a limit since its span of time began. */
export interface Window {
  /** Epoch milliseconds. */
  readonly endsAt: number;
  used: number;
}

/** The window that is open now, or a new one that begins now. */
export function windowOf(
  windows: Map<string, Window>,
  key: string,
  span: { readonly now: number; readonly length: number },
): Window {
  const known = windows.get(key);
  if (known && known.endsAt > span.now) return known;
  const window = { endsAt: span.now + span.length, used: 0 };
  windows.set(key, window);
  return window;
}
