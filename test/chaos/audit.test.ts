/** What chaos holds against the platform, and what it does not. */
import { describe, expect, it } from '@jest/globals';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { judgeJobs } from './audit.ts';
import { isAboutUnseenMachine } from './unseen-machine.ts';

const taken = { instanceId: 'i-0000000a', stateReason: reasonOf('Server.SpotInstanceTermination') };
const ended = { instanceId: 'i-0000000b', stateReason: reasonOf('Client.UserInitiatedShutdown') };
const instances = [taken, ended, { instanceId: 'i-0000000c' }];

function reasonOf(code: string) {
  return { code, message: `${code}: so it is.` };
}

const job = (id: number, conclusion: string | null, runnerName: string | null = null) => ({
  ...{ id, conclusion, runnerName },
});

describe('the jobs of chaos', () => {
  it('may fail as their spot machine is taken back, and are counted', () => {
    const jobs = [
      job(1, 'success', 'i-0000000b'),
      job(2, 'failure', 'i-0000000a'),
      job(3, 'cancelled'),
      job(4, null),
    ];
    expect(judgeJobs(jobs, instances)).toEqual({
      outcomes: { ran: 2, succeeded: 1, takenBack: 1 },
      faults: [],
    });
  });

  it.each(['i-0000000b', 'i-0000000c', 'i-0000000d', null])('may not fail on %s', (runnerName) => {
    const { outcomes, faults } = judgeJobs([job(7, 'failure', runnerName)], instances);
    expect(outcomes).toEqual({ ran: 1, succeeded: 0, takenBack: 0 });
    expect(faults).toEqual([`job 7 failed on ${runnerName}, which nobody took back`]);
  });
});

describe('a denial under chaos', () => {
  const given = (resource: string, context = {}, kind: LaptopEvent['kind'] = 'denied'): LaptopEvent => {
    const question = { action: 'ec2:TerminateInstances', resource, context };
    return { at: 0, kind, text: 'x may not ec2:TerminateInstances', fields: { questions: [question] } };
  };
  const ours = 'arn:aws:ec2:us-east-1:000000000000:instance/i-0000000a';
  const isOurs = (instanceId: string) => instanceId === 'i-0000000a';

  it('is no fault if EC2 does not show the machine yet', () => {
    expect(isAboutUnseenMachine(given(ours, { 'ec2:region': 'us-east-1' }), isOurs)).toBe(true);
  });

  it.each([
    ['shows its tags', given(ours, { 'ec2:resourcetag/ghr:environment': 'other' })],
    ['never had the machine', given(ours.replace('i-0000000a', 'i-0000000b'))],
    ['was asked for something else', given('arn:aws:ec2:us-east-1:000000000000:volume/vol-1')],
    ['refused nothing', given(ours, {}, 'fault')],
  ])('is one if EC2 %s', (_what, event) => {
    expect(isAboutUnseenMachine(event, isOurs)).toBe(false);
  });
});
