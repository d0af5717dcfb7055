/**
 * Queues that keep their messages, oldest first, for tests to look at or take. Dial: `failNext` makes the
 * next sends fail, with nothing sent.
 */
import type {
  AskControllers,
  DrainTenant,
  FoundInstanceEvent,
  InstallationsMessage,
  JobEvent,
  Poke,
} from '../../lib/contract/messages.ts';
import type { InstallationId, TierName } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { copyOf } from './copy.ts';

export interface SentToTier {
  readonly tier: TierName;
  readonly message: JobEvent | Poke;
  /** The tenant: its fair-queue group. */
  readonly group: InstallationId;
  readonly delaySeconds: number;
}

export interface MemoryQueues extends Queues {
  readonly tiers: SentToTier[];
  readonly lifecycle: (JobEvent | FoundInstanceEvent | DrainTenant)[];
  readonly completions: JobEvent[];
  readonly installations: InstallationsMessage[];
  readonly admission: AskControllers[];
  /** What was sent to `admission` and `installations` to come later, by its kind. */
  readonly delayed: { readonly kind: string; readonly delaySeconds: number }[];
  /** How many messages were ever sent, those taken out since included. */
  sent(): number;
  failNext(sends: number, error?: OperationalError): void;
}

const unavailable = new OperationalError('The queue was told to fail.', {
  code: 'ServiceUnavailable',
  retryable: true,
});

/** @param hasQueue whether a tier has a queue; sends to any other are refused, as by the real adapter */
export function createMemoryQueues(hasQueue: (tier: TierName) => boolean = () => true): MemoryQueues {
  const tiers: SentToTier[] = [];
  const lifecycle: (JobEvent | FoundInstanceEvent | DrainTenant)[] = [];
  const completions: JobEvent[] = [];
  const installations: InstallationsMessage[] = [];
  const admission: AskControllers[] = [];
  const delayed: { kind: string; delaySeconds: number }[] = [];
  let sent = 0;
  let failing = { sends: 0, error: unavailable };

  async function send<Entry>(queue: Entry[], entry: Entry) {
    if (failing.sends > 0) {
      failing.sends -= 1;
      throw failing.error;
    }
    sent += 1;
    queue.push(copyOf(entry));
  }
  async function sendLater<Message extends { readonly kind: string }>(
    queue: Message[],
    message: Message,
    { delaySeconds }: { delaySeconds?: number } = {},
  ) {
    await send(queue, message);
    if (delaySeconds !== undefined) delayed.push({ kind: message.kind, delaySeconds });
  }
  return {
    tiers,
    lifecycle,
    completions,
    installations,
    admission,
    delayed,
    sent: () => sent,
    failNext: (sends, error = unavailable) => {
      failing = { sends, error };
    },
    async sendToTier(tier, message, { delaySeconds = 0 } = {}) {
      if (!hasQueue(tier))
        throw new OperationalError(`no queue of ${tier}`, { code: 'UnknownQueue', retryable: false });
      await send(tiers, { tier, message, group: message.installationId, delaySeconds });
    },
    sendToLifecycle: (message) => send(lifecycle, message),
    sendToCompletions: (message) => send(completions, message),
    sendToAdmission: (message, options) => sendLater(admission, message, options),
    sendToInstallations: (message, options) => sendLater(installations, message, options),
  };
}
