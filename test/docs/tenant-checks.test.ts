/** docs/OPERATIONS.md shows what `tenant validate` and `status --tenant` really print. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { checkLines } from '../../lib/cli/tenants/check-lines.ts';
import { tenantStatusText } from '../../lib/cli/tenants/tenant-status-text.ts';
import { validateRows } from '../../lib/cli/tenants/validate-rules.ts';
import { noon } from '../support/given.ts';
import { oneTenant } from '../support/one-tenant.ts';
import { testedRows } from '../support/tested-rows.ts';
import { app, ok, seen } from '../support/validation.ts';
import { markedBlocks } from './markdown.ts';

const page = 'docs/OPERATIONS.md';
const plain = (text: string) => stripVTControlCharacters(text).replaceAll(/ +$/gm, '');

describe(page, () => {
  it('shows what is printed of a tenant with a public repository that its group excludes', () => {
    const web = { ...app, id: 8, fullName: 'acme/web', visibility: 'public' } as const;
    const rows = validateRows(seen({ repositories: ok([app, web]) }));
    expect(markedBlocks(page, 'tenant-validate')).toEqual([plain(checkLines(rows))]);
  });

  it('shows what is printed of a job that was run as a test', () => {
    expect(markedBlocks(page, 'tenant-test')).toEqual([plain(checkLines(testedRows))]);
  });

  it('shows what is printed of a tenant at work', () => {
    expect(markedBlocks(page, 'tenant-status')).toEqual([plain(tenantStatusText(oneTenant, noon))]);
  });
});
