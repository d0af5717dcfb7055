/** The registration of a machine is removed by the name that it was made under. */
import { describe, expect, it } from '@jest/globals';
import { removeRegistration } from '../../lib/app/common/remove-registration.ts';
import { InstanceId, runnerNameOf } from '../../lib/core/ids.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { acme } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const instanceId = InstanceId('i-0123456789abcdef0');
const scope = { kind: 'organization', organization: 'acme' } as const;

async function given(...names: readonly string[]) {
  const platform = await givenPlatform();
  for (const name of names) {
    const request = { installationId: acme, scope, name, labels: ['small'], runnerGroupId: 1 };
    await platform.github.createJitConfig(request);
  }
  const remove = (gated: boolean) =>
    removeRegistration(platform, givenRunner({ instanceId, ...(gated ? { gated } : {}) }));
  const left = () => [...platform.github.registrations.values()].map(({ name }) => name);
  return { remove, left };
}

describe('the registration of a machine', () => {
  it.each([true, false])(
    'is removed, and no other of its machine, where it has a gate: %s',
    async (gated) => {
      const names = [true, false].map((one) => runnerNameOf(instanceId, one));
      const { remove, left } = await given(...names);

      expect(await remove(gated)).toMatchObject({ value: 'removed' });
      expect(left()).toEqual([runnerNameOf(instanceId, !gated)]);
    },
  );

  it('is found under the plain name where an earlier version made it for a machine with a gate', async () => {
    const { remove, left } = await given(instanceId);

    expect(await remove(true)).toMatchObject({ value: 'removed' });
    expect(left()).toEqual([]);
  });
});
