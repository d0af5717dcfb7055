/**
 * What a single host remembers across a crash of its supervisor. Each write is atomic, and durable once it has
 * resolved. It contains no credential.
 */
import type { RunnerScope } from '../core/github.ts';

export interface HostState {
  /** Created once: six hexadecimal digits that distinguish this host's runners from those of others. */
  hostId(): Promise<string>;
  /** Written before a runner registers, dropped when the runner has left nothing behind. */
  runners(): Promise<readonly HostRunner[]>;
  putRunner(runner: HostRunner): Promise<void>;
  dropRunner(name: string): Promise<void>;
  /** The end of an ended runner's log; kept for the newest fifty. */
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

/** What the supervisor should do: serve jobs; end once running jobs have ended; end now and cancel them. */
export interface Wish {
  readonly mode: 'serve' | 'drain' | 'end';
  /** Grows with each change of the settings that the supervisor must load. */
  readonly change: number;
}

/** The supervisor's last status report. */
export interface Report {
  readonly at: number;
  readonly processId: number;
  readonly mode: Wish['mode'];
  readonly change: number;
  readonly configuration: string;
  /** What failed and is being retried. Absent: nothing. */
  readonly trouble?: string;
  /** Why no runner starts for half a minute or more: something must be fixed. */
  readonly held?: string;
}

/** An earlier version of the settings, without secrets. */
export interface SettingsVersion {
  readonly number: number;
  readonly savedAt: number;
  readonly why: string;
  readonly text: string;
  /** GitHub has shown a runner of it online. */
  readonly worked: boolean;
}
