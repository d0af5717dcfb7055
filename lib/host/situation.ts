/** What a supervisor needs, and what the parts of one of its rounds share. */
import type { Chance, Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import type { HostGitHub } from '../ports/host-github.ts';
import type { HostState, Wish } from '../ports/host-state.ts';
import type { HostConfig } from './config.ts';
import type { Memory } from './memory.ts';

export interface SupervisorDeps {
  readonly engine: ContainerEngine;
  readonly githubFor: (config: HostConfig) => HostGitHub;
  readonly state: HostState;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly processId: number;
  /** Prints one line for people. */
  readonly log: (line: string) => void;
  /** A signal asked this process to stop. */
  readonly isAsked?: () => boolean;
  /** False: give up now, with what is left. Absent: take as long as needed. */
  readonly hasTime?: () => boolean;
  readonly roundMs?: number;
}

/** What the parts of a round share. */
export interface Situation {
  readonly deps: SupervisorDeps;
  readonly config: HostConfig;
  readonly github: HostGitHub;
  readonly hostId: string;
  readonly mode: Wish['mode'];
  readonly memory: Memory;
  /** From the settings in force. */
  readonly version: number;
}
