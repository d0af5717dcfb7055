/** When a machine began to cost money: what it says of its own start, counted back from its confirmation. */
import { describe, expect, it } from '@jest/globals';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { givenEvent } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

/** A machine that has claimed its job, 40 seconds after its launch. */
async function givenClaimed() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent());
  const [machine] = platform.liveMachines();
  platform.clock.advance(40_000);
  await platform.claim(machine!);
  const row = () => platform.stores.world.allRunners()[0];
  return { platform, machine: machine!, row };
}

describe('a machine that confirms its claim', () => {
  it('runs since its kernel started, by the times that it measured', async () => {
    const { platform, machine, row } = await givenClaimed();
    expect(await platform.confirm(machine)).toBe(true);
    expect(row()?.runningAt).toBe(platform.clock.now() - 22_000 - 7_000 - 900);
  });

  it('is refused with the ticket of another launch, whoever that belongs to', async () => {
    const { platform, machine, row } = await givenClaimed();
    await platform.accept(givenEvent({ jobId: JobId(2) }));
    const other = platform.liveMachines().find((one) => one !== machine);
    const ticket = platform.compute.machines.get(other!)?.tags.get(tagKeys.ticket) ?? '';
    const request = { ticket, document: machine, signature: 'signed', nonce: '0'.repeat(32) };
    expect(await confirmClaim(platform, request)).toBe(false);
    expect(row()).toMatchObject({ state: 'claimed' });
  });

  it('has no time of its own start if it measured none', async () => {
    const { platform, machine, row } = await givenClaimed();
    const ticket = platform.compute.machines.get(machine)?.tags.get(tagKeys.ticket) ?? '';
    const request = { ticket, document: machine, signature: 'signed', nonce: '0'.repeat(32) };
    expect(await confirmClaim(platform, request)).toBe(true);
    expect(row()).toMatchObject({ state: 'listening' });
    expect(row()).not.toHaveProperty('runningAt');
  });
});
