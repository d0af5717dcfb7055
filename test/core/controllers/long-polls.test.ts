import { describe, expect, it } from '@jest/globals';
import { addLongPoll, type LongPoll, longPollBounds } from '../../../lib/core/controllers/long-polls.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { acme } from '../../support/given.ts';

describe('the places for requests that wait', () => {
  it.each([
    [undefined, { inAll: 4, ofOwner: 2 }],
    [1, { inAll: 0, ofOwner: 0 }],
    [3, { inAll: 1, ofOwner: 1 }],
    [10, { inAll: 5, ofOwner: 2 }],
    [100, { inAll: 50, ofOwner: 12 }],
  ])('are, with %s copies set aside, %j', (reserved, bounds) => {
    expect(longPollBounds(reserved)).toEqual(bounds);
  });

  const bounds = longPollBounds(undefined);
  const poll = (id: string, owner = acme, until = 10): LongPoll => ({ id, owner, until });
  const add = (open: readonly LongPoll[], added: LongPoll, now = 0) =>
    addLongPoll(open, added, { bounds, now })?.map(({ id }) => id);

  it('are two for an owner, and the others’ are left', () => {
    const own = [poll('a'), poll('b')];
    expect(add(own, poll('c'))).toBeUndefined();
    expect(add(own, poll('c', InstallationId(202)))).toEqual(['a', 'b', 'c']);
  });

  it('are four in all', () => {
    const open = [202, 203, 204, 205].map((owner) => poll(`p${owner}`, InstallationId(owner)));
    expect(add(open, poll('a'))).toBeUndefined();
    expect(add(open.slice(1), poll('a'))).toHaveLength(4);
  });

  it('are free again when their time is over', () => {
    expect(add([poll('a'), poll('b')], poll('c', acme, 20), 10)).toEqual(['c']);
  });
});
