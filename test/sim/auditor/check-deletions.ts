/**
 * A tenant is deleted only once its installation is gone on GitHub: a deleted id never comes back, so nothing would
 * ever correct a wrong deletion.
 */
import type { Books, Note } from './books.ts';

export function checkDeletions(books: Books, note: Note): void {
  for (const { installationId, status } of books.rows.tenants.values()) {
    if (status === 'deleted' && books.isInstalled(installationId))
      note('tenant-lost', `${installationId} is deleted here, but installed on GitHub`);
  }
}
