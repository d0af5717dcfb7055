/**
 * What a single host remembers over the death of its supervisor. Each write is whole or not there at all, and lasts once it
 * has resolved. It holds no credential.
 */
import type { RunnerScope } from '../core/github.ts';

export interface HostState {
  /** Made once: six hexadecimal digits that tell this host's runners from those of others. */
  hostId(): Promise<string>;
  /** Written before a runner registers, dropped when nothing of it is left. */
  runners(): Promise<readonly HostRunner[]>;
  putRunner(runner: HostRunner): Promise<void>;
  dropRunner(name: string): Promise<void>;
  /** The last that an ended runner printed; of the newest fifty. */
  keepLog(name: string, text: string): Promise<void>;
  wish(): Promise<Wish>;
  putWish(wish: Wish): Promise<void>;
  report(): Promise<Report | undefined>;
  putReport(report: Report): Promise<void>;
  /** The settings file as it is now. */
  settings(): Promise<string>;
  putSettings(text: string): Promise<void>;
  /** Oldest first. */
  versions(): Promise<readonly SettingsVersion[]>;
  putVersion(version: SettingsVersion): Promise<void>;
}

export interface HostRunner {
  readonly name: string;
  readonly scope: RunnerScope;
  /** The key of the configuration that it was made with. */
  readonly configuration: string;
  /** Epoch milliseconds. */
  readonly bornAt: number;
}

/** What the supervisor is to do: serve jobs; end once running jobs have ended; end now, jobs cancelled. */
export interface Wish {
  readonly mode: 'serve' | 'drain' | 'end';
  /** Grows with each change of the settings that is to be taken up. */
  readonly change: number;
}

/** What the supervisor said last of itself. */
export interface Report {
  readonly at: number;
  readonly processId: number;
  readonly mode: Wish['mode'];
  readonly change: number;
  readonly configuration: string;
  /** What failed, and is tried again. Absent: nothing is in the way. */
  readonly trouble?: string;
  /** Why no runner starts for half a minute or more: something has to be mended. */
  readonly held?: string;
}

/** Settings as they were, without a secret. */
export interface SettingsVersion {
  readonly number: number;
  readonly savedAt: number;
  readonly why: string;
  readonly text: string;
  /** GitHub has shown a runner of it online. */
  readonly worked: boolean;
}
