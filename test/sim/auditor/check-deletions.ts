/**
 * A tenant is deleted here only once GitHub has its installation no more: an id that is gone never comes back, so nothing would
 * ever correct it.
 */
import type { Books, Note } from './books.ts';

export function checkDeletions(books: Books, note: Note): void {
  for (const { installationId, status } of books.rows.tenants.values()) {
    if (status === 'deleted' && books.isInstalled(installationId))
      note('tenant-lost', `${installationId} is deleted here, and installed on GitHub`);
  }
}
