/**
 * Callbacks that leave alone who does not answer. A controller that hangs would hold a place for its whole timeout with each job;
 * after three calls in a row it fails at once, and one call in a while tries it. What is known lives in this process alone:
 * each copy finds out for itself, and losing it costs three calls.
 */
import { beginCall, type Circuit, endCall } from '../../core/controllers/circuit.ts';
import type { Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';

/** Of how many controllers a process knows that they do not answer; the one heard of longest ago is forgotten first. */
const mostKnown = 1_000;

export type Circuits = Map<string, Circuit>;

export function spareSilent(
  callbacks: Callbacks,
  { clock, circuits = new Map() }: { readonly clock: Clock; readonly circuits?: Circuits },
): Callbacks {
  const keep = (name: string, circuit: Circuit | undefined) => {
    circuits.delete(name);
    if (circuit) circuits.set(name, circuit);
    const [oldest] = circuits.keys();
    if (circuits.size > mostKnown && oldest !== undefined) circuits.delete(oldest);
  };
  return {
    async ask(callback) {
      const name = `${callback.body.controller} ${callback.url}`;
      const { rests, next } = beginCall(circuits.get(name), clock.now());
      if (rests && next) {
        const seconds = Math.ceil((next.restsUntil - clock.now()) / 1000);
        const why = `it let its last ${next.timeouts} calls run out of time, and is tried again in ${seconds} s`;
        return { kind: 'failed', why };
      }
      keep(name, next);
      const answer = await callbacks.ask(callback);
      const isTimeout = answer.kind === 'failed' && answer.isTimeout === true;
      keep(name, endCall(circuits.get(name), isTimeout, clock.now()));
      return answer;
    },
  };
}
