/** Controllers behind URLs: each answers as the test says, or not at all. */
import type { Callback, CallbackAnswer, Callbacks } from '../../lib/ports/callbacks.ts';

export interface MemoryCallbacks extends Callbacks {
  readonly asked: Callback[];
  /** By URL; a URL that is not there does not answer. */
  readonly controllers: Map<string, (callback: Callback) => CallbackAnswer | Promise<CallbackAnswer>>;
}

export function createMemoryCallbacks(): MemoryCallbacks {
  const asked: Callback[] = [];
  const controllers: MemoryCallbacks['controllers'] = new Map();
  return {
    asked,
    controllers,
    async ask(callback) {
      asked.push(callback);
      const answer = controllers.get(callback.url);
      return answer ? answer(callback) : { kind: 'failed', why: 'nobody answers' };
    },
  };
}
