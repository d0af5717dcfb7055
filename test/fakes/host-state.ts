/** What a host remembers, in memory: it survives a supervisor, as the folder does. */
import type { HostRunner, HostState, Report, SettingsVersion, Wish } from '../../lib/ports/host-state.ts';

export interface MemoryHostState extends HostState {
  readonly logs: Map<string, string>;
}

export function createMemoryHostState(settings: string): MemoryHostState {
  const runners = new Map<string, HostRunner>();
  const versions = new Map<number, SettingsVersion>();
  const logs = new Map<string, string>();
  let wish: Wish = { mode: 'serve', change: 0 };
  let report: Report | undefined;
  let text = settings;
  return {
    logs,
    hostId: async () => 'a1b2c3',
    runners: async () => [...runners.values()],
    putRunner: async (runner) => void runners.set(runner.name, runner),
    dropRunner: async (name) => void runners.delete(name),
    keepLog: async (name, log) => void logs.set(name, log),
    wish: async () => wish,
    putWish: async (now) => {
      wish = now;
    },
    report: async () => report,
    putReport: async (now) => {
      report = now;
    },
    settings: async () => text,
    putSettings: async (now) => {
      text = now;
    },
    versions: async () => [...versions.values()],
    putVersion: async (version) => void versions.set(version.number, version),
  };
}
