/** How fast the design is if only AWS takes time. Virtual time makes it the same on any machine. */
import { describe, expect, it } from '@jest/globals';
import { modelBurst } from './modelled-burst.ts';
import { latencies } from './platform.ts';

const copies = 5;

describe('a burst, where processors take no time', () => {
  it('of 1,000 jobs of one tenant has requested all machines from EC2 within two seconds', async () => {
    const burst = await modelBurst({ tenants: 1, jobsOfEach: 1000, copies, latencies });
    expect(burst.lastSent).toBeLessThanOrEqual(2);
    expect(burst.launches).toBeLessThanOrEqual(20);
    // The copies that started the burst all ask for one check of the tenant's runner group.
    expect(burst.failedWrites).toBeLessThan(copies);
  });

  it('of one job each of 100 tenants has requested all machines from EC2 within two seconds', async () => {
    const burst = await modelBurst({ tenants: 100, jobsOfEach: 1, copies, latencies });
    expect(burst).toMatchObject({ launches: 100, failedWrites: 0 });
    expect(burst.lastSent).toBeLessThanOrEqual(2);
  });

  it('requests a single job’s machine from EC2 after five calls at the most', async () => {
    const { lastSent } = await modelBurst({ tenants: 1, jobsOfEach: 1, copies, latencies });
    expect(lastSent * 1000).toBeLessThanOrEqual(5 * latencies.aws);
  });
});
