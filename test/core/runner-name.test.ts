/** The name of a runner is that of its machine, and says whether its job waits for the start gate. */
import { describe, expect, it } from '@jest/globals';
import { InstanceId, instanceNamed, isGatedName, runnerNameOf } from '../../lib/core/ids.ts';

const machine = InstanceId('i-0123456789abcdef0');

describe('the name of a runner', () => {
  it.each([
    [true, 'i-0123456789abcdef0-gated'],
    [false, 'i-0123456789abcdef0'],
  ])('of a machine with a gate (%s) is %s, and names the machine', (gated, name) => {
    expect(runnerNameOf(machine, gated)).toBe(name);
    expect(instanceNamed(name)).toBe(machine);
    expect(isGatedName(name)).toBe(gated);
  });

  it.each([null, '', 'a-laptop', 'a-laptop-gated', 'i-0123456789abcdef0-gated-gated', 'i-0123456789ABCDEF0'])(
    'of another is %j',
    (name) => {
      expect(instanceNamed(name)).toBeUndefined();
      expect(isGatedName(name)).toBe(false);
    },
  );
});
