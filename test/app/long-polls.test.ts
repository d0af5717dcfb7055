/** Places for requests that wait for questions: each is given back alone, and becomes free by itself. */
import { describe, expect, it } from '@jest/globals';
import { createLongPolls } from '../../lib/app/admission-api/long-polls.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { acme } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const globex = InstallationId(202);
const second = 1000;

async function given(bounds = { inAll: 2, ofOwner: 1 }) {
  const platform = await givenPlatform();
  const { take } = createLongPolls(platform, bounds);
  return { ...platform, take };
}

describe('a place', () => {
  it('is refused to an owner that uses all of its own, and to everyone if none is left', async () => {
    const { take } = await given();
    expect(await take(acme, 20 * second)).toBeDefined();
    expect(await take(acme, 20 * second)).toBeUndefined();
    expect(await take(globex, 20 * second)).toBeDefined();
    expect(await take(InstallationId(303), 20 * second)).toBeUndefined();
  });

  it('that is given back is free again, and no other', async () => {
    const { take } = await given();
    const place = await take(acme, 20 * second);
    await take(globex, 20 * second);
    await place!.giveBack();
    expect(await take(globex, 20 * second)).toBeUndefined();
    expect(await take(acme, 20 * second)).toBeDefined();
  });

  it('that is not given back is free five seconds after its request must have ended', async () => {
    const { take, clock } = await given();
    await take(acme, 20 * second);
    clock.advance(25 * second - 1);
    expect(await take(acme, 20 * second)).toBeUndefined();
    clock.advance(1);
    expect(await take(acme, 20 * second)).toBeDefined();
  });
});
