/** How long each note is kept, and after how long each delayed message comes: a test fails if a bound is widened. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { givenListening, hour, installation, onGitHub, poke, queued } from '../support/bounded.ts';
import { acme, noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const warning = (machine: string) => ({
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  detail: { 'instance-id': machine, 'instance-action': 'terminate' },
});
const day = 24 * hour;

/** GitHub says how the job of a machine ended that EC2 took back. */
async function givenTakenBack(status: 'in_progress' | 'completed') {
  const { platform, machine } = await givenListening({}, true);
  await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }), warning(machine));
  platform.github.putJob('acme/app', JobId(1), onGitHub(status));
  const lost = { action: 'completed', conclusion: 'cancelled', runnerName: machine, runAttempt: 1 };
  await platform.follow(queued(1, lost));
  return platform;
}

async function givenUnknown() {
  const platform = await givenPlatform({ tenants: [] });
  platform.queues.installations.push(installation('installation.created'));
  await platform.deliverInstallations();
  return platform;
}

async function givenHeld(status: 'queued' | 'waiting') {
  const platform = await givenPlatform();
  await platform.follow(queued(1, { action: 'waiting' }));
  platform.github.putJob('acme/app', JobId(1), onGitHub(status));
  await platform.accept(queued(1, { receivedAt: noon + 1 }));
  return platform;
}

async function givenEndedAlone() {
  const { platform, machine } = await givenListening();
  await platform.machineEnds(machine);
  return platform;
}

describe('a note', () => {
  /** Of those that are there, the kind and for how long they still are; waits of a second or two do not matter. */
  const kept = ({ notes, clock }: Platform) =>
    [...notes.all].map(([name, { expiresAt }]) => {
      const tens = Math.round((expiresAt - clock.now()) / 10_000);
      return [name.split('/')[0], tens * 10];
    });

  it.each<[string, number, () => Promise<Platform>]>([
    [
      'spot-warned',
      hour,
      async () => {
        const { platform, machine } = await givenListening({}, true);
        await platform.follow(warning(machine));
        return platform;
      },
    ],
    [
      'rerun',
      7 * day,
      async () => {
        const platform = await givenTakenBack('completed');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    ['unknown-installation', day, givenUnknown],
    [
      'unknown-asked',
      60,
      async () => {
        const platform = await givenPlatform({ tenants: [] });
        await platform.accept(queued(1));
        platform.clock.advance(60_000);
        await platform.accept(poke);
        return platform;
      },
    ],
    [
      'returned',
      hour,
      async () => {
        const platform = await givenPlatform();
        platform.queues.installations.push(installation('installation.unsuspend'));
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'unregistered',
      3 * hour,
      async () => {
        const platform = await givenEndedAlone();
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'start-asks',
      hour,
      async () => {
        const { platform, machine } = await givenListening();
        await platform.start(machine, { hint: { repository: 'acme/app', runId: 1000 } });
        return platform;
      },
    ],
    [
      'runner-group',
      day,
      async () => {
        const platform = await givenPlatform();
        platform.queues.installations.push({ kind: 'look-at-group', installationId: acme });
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'sweep',
      hour,
      async () => {
        const platform = await givenPlatform();
        platform.jobs.scanPendingAcrossTenants = async () => ({ jobs: [], cursor: 'further' });
        await platform.sweep();
        return platform;
      },
    ],
    [
      'runner-group-asked',
      20,
      async () => {
        const platform = await givenPlatform();
        await platform.accept(queued(1, { repositoryId: 5, visibility: 'public' }));
        return platform;
      },
    ],
  ])('%s is kept for %i seconds', async (kind, seconds, act) => {
    expect(kept(await act())).toContainEqual([kind, seconds]);
  });
});

describe('a message that comes later', () => {
  it.each<[string, string, number, () => Promise<Platform>]>([
    ['a machine that ended by itself', 'unheard-run', 600, givenEndedAlone],
    ['an installation that GitHub does not show', 'installation', 180, givenUnknown],
    [
      'a job to run again whose run is not over',
      'rerun-job',
      300,
      async () => {
        const platform = await givenTakenBack('in_progress');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'a job that was queued again, and that GitHub still holds',
      'look-at-job',
      30,
      async () => {
        const platform = await givenHeld('waiting');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'a held job while GitHub takes no calls',
      'look-at-job',
      77,
      async () => {
        const platform = await givenHeld('queued');
        platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 77 } });
        await platform.deliverInstallations();
        return platform;
      },
    ],
  ])('of %s, a %s, comes after %i seconds', async (_of, kind, delaySeconds, act) => {
    expect((await act()).queues.delayed).toEqual([{ kind, delaySeconds }]);
  });

  it('of a held job is not repeated an hour after GitHub queued it', async () => {
    const platform = await givenHeld('queued');
    platform.clock.advance(hour * 1000 + 1);
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 77 } });
    await platform.deliverInstallations();
    expect(platform.queues.installations).toEqual([]);
  });
});
