/** The shared notes in memory, with copies going in and out. An expired note is not there, whatever its version was. */
import type { Note, Notes } from '../../lib/ports/notes.ts';
import { copyOf } from './copy.ts';

export interface MemoryNotes extends Notes {
  /** Every note, expired ones too. */
  readonly all: ReadonlyMap<string, Note>;
}

export function createMemoryNotes(): MemoryNotes {
  const notes = new Map<string, Note>();
  const put = (name: string, note: Omit<Note, 'version'>, version: number) =>
    void notes.set(name, copyOf({ value: note.value, expiresAt: note.expiresAt, version }));
  return {
    all: notes,
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
