/**
 * What the laptop reports while it starts and runs: one shape for all events, so that a console, a demo or a test can
 * follow. Machines' and functions' output is passed on unchanged, and may contain anything.
 */
export interface LaptopEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  /**
   * progress: a step of starting. webhook: a request at the webhook's URL. github, machine: what the stand-ins did.
   * console: a machine printed. log: a function printed. denied: IAM refused a call. fault: something failed that nobody
   * waits for.
   */
  readonly kind: 'progress' | 'webhook' | 'github' | 'machine' | 'console' | 'log' | 'denied' | 'fault';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Emit = (kind: LaptopEvent['kind'], text: string, fields?: LaptopEvent['fields']) => void;

export function emitTo(onEvent: ((event: LaptopEvent) => void) | undefined): Emit {
  return (kind, text, fields = {}) => onEvent?.({ at: Date.now(), kind, text, fields });
}
