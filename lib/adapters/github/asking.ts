/**
 * How calls for installations are made: with a token that has only the rights that the call needs, renewed once if GitHub
 * rejects it.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Answer } from '../../ports/github.ts';
import type { AppClient } from './app-client.ts';
import { createBudgetListener } from './budget-listener.ts';
import type { Ask } from './calls.ts';
import { refusalOf, statusOf } from './classify.ts';
import { createInstallationTokens } from './installation-tokens.ts';

export interface Asking {
  readonly ask: Ask;
  /** Returns GitHub's refusals as answers. @throws OperationalError */
  answered<Value>(effect: () => Promise<Value>): Promise<Answer<Value>>;
}

export function createAsking(client: AppClient, clock: Clock): Asking {
  const tokens = createInstallationTokens(client, clock);
  const heard = createBudgetListener();
  return {
    ask: async (installationId, grant, [route, parameters]) => {
      const token = await tokens.get(installationId, grant);
      try {
        return await heard.from(client.withToken(token, route, parameters));
      } catch (error) {
        if (statusOf(error) !== 401) throw error;
        tokens.drop(installationId, grant, token);
        const fresh = await tokens.get(installationId, grant);
        return heard.from(client.withToken(fresh, route, parameters));
      }
    },
    answered: (effect) =>
      heard.during(async () => {
        try {
          return { ok: true, value: await effect() };
        } catch (error) {
          return { ok: false, refusal: refusalOf(error, clock.now()) };
        }
      }),
  };
}
