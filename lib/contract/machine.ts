/**
 * The protocol between a booted machine and the claim function. Requests are JSON, posted to `/claim`, `/confirm` and
 * `/start`. Answers are lines of `key=value`, which the boot script can read with only a shell.
 */
import { boundedText, isRepositoryName } from '../core/bounded-text.ts';

export interface MachineRequest {
  /** The launch ticket, from the machine's own tags. */
  readonly ticket: string;
  /** The instance identity document: base64 of its exact bytes. */
  readonly document: string;
  /** Its signature from the metadata service (`instance-identity/signature`), without line breaks. */
  readonly signature: string;
  /** 32 to 64 hexadecimal digits that the machine generates and tells nobody else. */
  readonly nonce: string;
  /** With `confirm`, if the machine reports them. Used for graphs, and to place the start of its cost within its boot. */
  readonly timings?: BootTimings;
  /** With `confirm`: the runner starts no job before `/start` has admitted it. */
  readonly gated?: boolean;
  /** With `start`: the run that the job's hook got from GitHub. Only a hint where to look; never trusted. */
  readonly hint?: RunHint;
}

export interface RunHint {
  /** `owner/name`. */
  readonly repository: string;
  readonly runId: number;
}

/** How long the phases of a boot took by the machine's own clock, in milliseconds. */
export interface BootTimings {
  /** From the start of the kernel to the start of the boot script. */
  readonly up: number;
  /** From the start of the boot script until the runner program is ready. */
  readonly prepared: number;
  /** From then until the JIT config arrives. */
  readonly claimed: number;
}

/** No valid boot takes longer: the platform gives up earlier. */
const longestBootMilliseconds = 3_600_000;

export type ClaimAnswer =
  /** Start the runner with this JIT config; `confirm` first. gate: have its job's hook ask `/start`. */
  | { readonly action: 'run'; readonly jitConfig: string; readonly gate?: boolean }
  /** Ask again after this many seconds. */
  | { readonly action: 'again'; readonly seconds: number }
  /** There is nothing to run: power off. */
  | { readonly action: 'stand-down'; readonly why: string };

/** The decision about the job that GitHub gave the machine. Only `admit` lets its first step run. */
export type StartAnswer =
  | { readonly action: 'admit' }
  /** One sentence in one line, for the job's log. */
  | { readonly action: 'reject'; readonly why: string }
  /** Not decided yet: ask again. why: for the job's log, if the time runs out. */
  | { readonly action: 'again'; readonly why?: string };

/** `action=admit\n`, `action=reject\nwhy=…\n` or `action=again\n`, with a `why` if there is one. */
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
