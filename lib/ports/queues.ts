import type {
  AskControllers,
  DrainTenant,
  FoundInstanceEvent,
  InstallationsMessage,
  JobEvent,
  Poke,
} from '../contract/messages.ts';
import type { TierName } from '../core/ids.ts';

/** The queues between functions. A send that returns is durable: the message is in the queue, or was handled. Throws OperationalError. */
export interface Queues {
  /** To the tier's own queue, in the fair-queue group of its tenant. */
  sendToTier(tier: TierName, message: JobEvent | Poke, options?: { delaySeconds?: number }): Promise<void>;
  sendToLifecycle(message: JobEvent | FoundInstanceEvent | DrainTenant): Promise<void>;
  /** Jobs that GitHub reports as completed: followed by the same function, at once. */
  sendToCompletions(message: JobEvent): Promise<void>;
  sendToAdmission(message: AskControllers, options?: { delaySeconds?: number }): Promise<void>;
  sendToInstallations(message: InstallationsMessage, options?: { delaySeconds?: number }): Promise<void>;
}
