/** Time and randomness are injected, so that a simulation can control them. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface Chance {
  /** A fresh identifier of 32 hexadecimal digits. */
  id(): string;
  /** At least 0, below 1. */
  fraction(): number;
}
