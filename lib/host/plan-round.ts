/**
 * Decides what the supervisor does next, from its records, the engine's containers and GitHub's registrations. Pure rules
 * over plain data. If a supervisor died at any step, some of the three are left, and the same rules finish or undo its work.
 */
import type { Container } from '../ports/container-engine.ts';
import type { HostRunner, Wish } from '../ports/host-state.ts';

export interface RoundView {
  readonly now: number;
  readonly mode: Wish['mode'];
  /** The key of the configuration in force. */
  readonly configuration: string;
  readonly wanted: number;
  readonly runners: readonly HostRunner[];
  readonly containers: readonly Container[];
  /** Runners without a registration at GitHub, by name: milliseconds from the first such answer to the last. */
  readonly missingFor: ReadonlyMap<string, number>;
  /** Names of runners whose container may still appear. */
  readonly coming: ReadonlySet<string>;
  /** Names of runners that must not be acted on yet. */
  readonly resting: ReadonlySet<string>;
}

export type Step =
  /** Keep its log and remove the container: it has ended, or was never started. */
  | { readonly kind: 'collect'; readonly name: string }
  /** There is no container: remove its registration, then the record. */
  | { readonly kind: 'forget'; readonly runner: HostRunner }
  /** Ask GitHub to remove the registration. The container ends only if GitHub does, so no job is ever interrupted. */
  | { readonly kind: 'retire'; readonly runner: HostRunner; readonly why: string }
  /** GitHub no longer knows it: it can get no job, and ends unless a job is still finishing. */
  | { readonly kind: 'end-ghost'; readonly runner: HostRunner }
  /** End the container now: its job is cancelled. */
  | { readonly kind: 'cancel'; readonly runner: HostRunner }
  | { readonly kind: 'launch'; readonly count: number };

/** GitHub may drop a registration seconds before its runner has ended, and its lists may be some seconds old. */
const ghostMs = 30_000;

export function planRound(view: RoundView): Step[] {
  const byName = new Map(view.containers.map((container) => [container.name, container]));
  const steps = view.runners.flatMap((runner) => stepFor(view, runner, byName.get(runner.name)));
  if (view.mode !== 'serve') return steps;
  // A created container may be about to start, and so may one that has not appeared yet.
  const live = view.containers.filter(({ state }) => state !== 'ended').length;
  const coming = view.runners.filter(({ name }) => view.coming.has(name) && !byName.has(name)).length;
  const count = view.wanted - live - coming;
  return count > 0 ? [...steps, { kind: 'launch', count }] : [...steps, ...surplus(view, byName)];
}

/** If more runners run than wanted, those without a job end. */
function surplus(view: RoundView, byName: ReadonlyMap<string, Container>): Step[] {
  const running = view.runners.filter(({ name }) => byName.get(name)?.state === 'running');
  const kept = running.filter(({ configuration }) => configuration === view.configuration);
  const tooMany = Math.max(0, running.length - view.wanted - (running.length - kept.length));
  return kept
    .filter(({ name }) => !view.resting.has(name))
    .slice(0, tooMany)
    .map((runner) => ({ kind: 'retire', runner, why: 'fewer runners are wanted' }));
}

function stepFor(view: RoundView, runner: HostRunner, container: Container | undefined): Step[] {
  const { name } = runner;
  if (view.resting.has(name)) return [];
  if (!container) return [{ kind: 'forget', runner }];
  if (container.state !== 'running') return [{ kind: 'collect', name }];
  if (view.mode === 'end') return [{ kind: 'cancel', runner }];
  if ((view.missingFor.get(name) ?? 0) > ghostMs) return [{ kind: 'end-ghost', runner }];
  if (view.mode === 'drain') return [{ kind: 'retire', runner, why: 'the host stops' }];
  if (runner.configuration !== view.configuration) {
    return [{ kind: 'retire', runner, why: 'it has another configuration' }];
  }
  return [];
}
