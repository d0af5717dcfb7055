import { expect, it } from '@jest/globals';
import { createNewApps } from '../../../lib/adapters/github/new-apps.ts';
import { pausesOf } from '../../support/pauses.ts';

it('tries three times to convert a code if GitHub cannot be reached, within two seconds', async () => {
  const { convert } = createNewApps({ apiUrl: 'http://127.0.0.1:1' });
  const pauses = await pausesOf(async () => {
    expect(await convert('code')).toMatchObject({ ok: false, kind: 'unreachable' });
  }, 9);
  expect(pauses).toEqual([600, 900]);
});
