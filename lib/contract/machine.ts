/**
 * What a booted machine and the claim function say to each other. Requests are JSON posted to `/claim`, `/confirm` and
 * `/start`. Answers are lines of `key=value`, so that the boot script reads them with nothing but a shell.
 */
import { boundedText, isRepositoryName } from '../core/bounded-text.ts';

export interface MachineRequest {
  /** The launch ticket, from the machine's own tags. */
  readonly ticket: string;
  /** The instance identity document, base64 of its exact bytes. */
  readonly document: string;
  /** Its signature as the metadata service gives it (`instance-identity/signature`), line breaks removed. */
  readonly signature: string;
  /** 32 to 64 hexadecimal digits that the machine made up and keeps to itself. */
  readonly nonce: string;
  /** With `confirm`, if the machine reports them. Used for graphs, and for the start of its cost within its boot. */
  readonly timings?: BootTimings;
  /** With `confirm`: its runner starts no job before `/start` said yes. */
  readonly gated?: boolean;
  /** With `start`: the run that the job's hook got from GitHub. Only a hint where to look; never trusted. */
  readonly hint?: RunHint;
}

export interface RunHint {
  /** `owner/name`. */
  readonly repository: string;
  readonly runId: number;
}

/** How long the phases of a boot took by the machine's own clock, milliseconds. */
export interface BootTimings {
  /** From the start of its kernel to that of the boot script. */
  readonly up: number;
  /** From there until the runner program is ready. */
  readonly prepared: number;
  /** From there to the JIT config. */
  readonly claimed: number;
}

/** No valid boot takes longer: the platform gives up on it before. */
const longestBootMilliseconds = 3_600_000;

export type ClaimAnswer =
  /** Start the runner with this JIT config; `confirm` first. gate: have its job's hook ask `/start`. */
  | { readonly action: 'run'; readonly jitConfig: string; readonly gate?: boolean }
  /** Ask again in this many seconds. */
  | { readonly action: 'again'; readonly seconds: number }
  /** There is nothing to run: power off. */
  | { readonly action: 'stand-down'; readonly why: string };

/** What follows for the job that GitHub gave the machine. Only `admit` lets its first step run. */
export type StartAnswer =
  | { readonly action: 'admit' }
  /** A sentence for the job's log, in one line. */
  | { readonly action: 'reject'; readonly why: string }
  /** Nobody knows yet: ask again. why: for the job's log, if the time is up. */
  | { readonly action: 'again'; readonly why?: string };

/** `action=admit\n`, `action=reject\nwhy=…\n`, `action=again\n`, with a `why` where there is one. */
export const startAnswerLines = (answer: StartAnswer): string =>
  'why' in answer && answer.why !== undefined
    ? `action=${answer.action}\nwhy=${boundedText(answer.why.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' '), longestWhy)}\n`
    : `action=${answer.action}\n`;

/** The machine reads it with a shell, and GitHub shows it in one line. */
const longestWhy = 500;

/** `action=run\njit=…\n` (and `gate=…\n`, the start gate's shell in base64), `action=again\nseconds=5\n`, `action=stand-down\nwhy=…\n`. */
export function claimAnswerLines(answer: ClaimAnswer, gateScript: string): string {
  switch (answer.action) {
    case 'run':
      return `action=run\njit=${answer.jitConfig}\n${answer.gate ? `gate=${Buffer.from(gateScript).toString('base64')}\n` : ''}`;
    case 'again':
      return `action=again\nseconds=${answer.seconds}\n`;
    case 'stand-down':
      return `action=stand-down\nwhy=${answer.why}\n`;
  }
}

/** Undefined: it is not JSON of that shape. */
export function parseMachineRequest(body: string): MachineRequest | undefined {
  let value: Partial<Record<keyof MachineRequest, unknown>> | null;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { ticket, document, signature, nonce } = value ?? {};
  const texts = [ticket, document, signature, nonce];
  if (!texts.every((text) => typeof text === 'string' && text.length <= 16_384)) return undefined;
  const timings = bootTimings(value?.timings);
  const hint = runHint(value?.hint);
  return {
    ...({ ticket, document, signature, nonce } as MachineRequest),
    ...(timings ? { timings } : {}),
    ...(value?.gated === true ? { gated: true } : {}),
    ...(hint ? { hint } : {}),
  };
}

function runHint(value: unknown): RunHint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { repository, runId } = value as Partial<Record<keyof RunHint, unknown>>;
  return isRepositoryName(repository) && Number.isSafeInteger(runId) && Number(runId) > 0
    ? { repository, runId: Number(runId) }
    : undefined;
}

/** Undefined: they are incomplete or implausible. The machine is served all the same. */
function bootTimings(value: unknown): BootTimings | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { up, prepared, claimed } = value as Partial<Record<keyof BootTimings, unknown>>;
  const isTime = (time: unknown) =>
    Number.isInteger(time) && Number(time) >= 0 && Number(time) <= longestBootMilliseconds;
  return [up, prepared, claimed].every(isTime) ? ({ up, prepared, claimed } as BootTimings) : undefined;
}
