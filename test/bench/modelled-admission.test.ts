/** How much one tenant's controllers delay others that have controllers of their own, in virtual time. */
import { describe, expect, it } from '@jest/globals';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { controlled, modelAdmission } from './modelled-admission.ts';
import { latencies } from './platform.ts';

const shape = { jobs: 100, others: 10, othersAnswerAfter: 100, copies: 5, latencies };
const hanging = (over: Partial<Controller>) =>
  Array.from({ length: 8 }, (_, n) =>
    givenController({
      owner: controlled,
      id: `ctl_${n}`,
      state: 'enabled',
      onFailure: 'admit',
      timeoutMilliseconds: 10_000,
      scopes: [givenScope({ kind: 'installation' })],
      transport: { kind: 'https', url: `https://c${n}.example/` },
      ...over,
    }),
  );

describe('controllers of other tenants, beside a tenant whose eight controllers all hang', () => {
  it.each(['enabled', 'dry_run'] as const)('are called as soon as if they were alone (%s)', async (state) => {
    const alone = await modelAdmission({ ...shape, controllers: [] });
    const beside = await modelAdmission({ ...shape, controllers: hanging({ state }) });
    expect(beside.othersCalled - alone.othersCalled).toBeLessThan(0.3);
    expect(beside.others - alone.others).toBeLessThan(1);
  });

  it('do not wait for the hundreds of questions of a tenant whose controllers are slow', async () => {
    const alone = await modelAdmission({ ...shape, controllers: [] });
    const beside = await modelAdmission({ ...shape, controllers: hanging({}), answersAfter: 2_000 });
    expect(beside.own).toBeGreaterThan(3);
    expect(beside.others - alone.others).toBeLessThan(1);
  });
});
