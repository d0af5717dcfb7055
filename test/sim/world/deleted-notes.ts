/**
 * Notes that DynamoDB deletes as soon as they have expired, so that their versions begin again. With all other seeds they stay
 * for good. It deletes "within a few days", and promises no least time:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
import type { Note } from '../../../lib/ports/notes.ts';
import type { WorldDeps } from './context.ts';

const deletesNotes = (seed: number): boolean => seed < 512 && (seed % 16 === 1 || seed % 16 === 5);

export function deleteExpiredNotes({ ports, scheduler }: WorldDeps, seed: number): void {
  if (!deletesNotes(seed)) return;
  const { notes } = ports;
  const rows = notes.all as Map<string, Note>;
  const clean = () => {
    for (const [name, { expiresAt }] of rows) if (expiresAt <= scheduler.now()) rows.delete(name);
  };
  for (const method of ['read', 'glance', 'write', 'writeIf', 'writeWhile'] as const) {
    const call = notes[method].bind(notes) as (...given: unknown[]) => Promise<unknown>;
    Object.assign(notes, {
      [method]: (...given: unknown[]) => {
        clean();
        return call(...given);
      },
    });
  }
}
