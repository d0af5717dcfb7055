/**
 * The shared notes in memory, with copies going in and out. An expired note is not there, whatever its version was. A glance
 * sees them as they were some time ago, for as long as it is told to lag: every time, where DynamoDB seldom does.
 */
import type { Note, Notes } from '../../lib/ports/notes.ts';
import { copyOf } from './copy.ts';

export interface MemoryNotes extends Notes {
  /** Every note, expired ones too. */
  readonly all: ReadonlyMap<string, Note>;
}

export interface Lag {
  readonly now: () => number;
  readonly milliseconds: number;
}

export function createMemoryNotes(lag: Lag = { now: () => 0, milliseconds: 0 }): MemoryNotes {
  const notes = new Map<string, Note>();
  /** What each note was before it was written, oldest first. */
  const earlier = new Map<string, { readonly until: number; readonly note: Note | undefined }[]>();
  const put = (name: string, note: Omit<Note, 'version'>, version: number) => {
    const recent = (earlier.get(name) ?? []).filter(({ until }) => until + lag.milliseconds > lag.now());
    earlier.set(name, [...recent, { until: lag.now(), note: notes.get(name) }]);
    notes.set(name, copyOf({ value: note.value, expiresAt: note.expiresAt, version }));
  };
  const asItWas = (name: string) => {
    const before = earlier.get(name)?.find(({ until }) => until + lag.milliseconds > lag.now());
    return before ? before.note : notes.get(name);
  };
  return {
    all: notes,
    async glance(names, now) {
      const seen = names.flatMap((name) => {
        const note = asItWas(name);
        return note && note.expiresAt > now ? [[name, copyOf(note)] as const] : [];
      });
      return new Map(seen);
    },
    async read(names, now) {
      const fresh = names.flatMap((name) => {
        const note = notes.get(name);
        return note && note.expiresAt > now ? [[name, copyOf(note)] as const] : [];
      });
      return new Map(fresh);
    },
    async write(name, note) {
      put(name, note, (notes.get(name)?.version ?? 0) + 1);
    },
    async writeIf(name, note) {
      const stored = notes.get(name);
      const isThere = stored !== undefined && stored.expiresAt > note.now;
      if (note.version === 0 ? isThere : stored?.version !== note.version) return false;
      put(name, note, (stored?.version ?? 0) + 1);
      return true;
    },
    async writeWhile(name, { value, now }) {
      const stored = notes.get(name);
      if (!stored || stored.expiresAt <= now) return false;
      put(name, { value, expiresAt: stored.expiresAt }, stored.version + 1);
      return true;
    },
  };
}
