/** Events that are lost, come twice or late. */
import { expect, it } from '@jest/globals';
import { TroubledDelivery } from '../../../lib/local/lambda/event-trouble.ts';

const calm = { loseProbability: 0, duplicateProbability: 0, delayProbability: 0, delayMilliseconds: 0 };

/** @param fractions what chance says, one draw after the other */
function givenDelivery(...fractions: number[]) {
  const delivered: string[] = [];
  const delivery = new TroubledDelivery(() => fractions.shift() ?? 0.99);
  const deliver = (event: string) => delivery.deliver(async () => void delivered.push(event));
  return { delivery, delivered, deliver };
}

it('delivers each event once, and at once, if nothing is disturbed', async () => {
  const { delivered, deliver } = givenDelivery(0, 0, 0);
  await deliver('ended');
  expect(delivered).toEqual(['ended']);
});

it('loses and doubles as many as it is asked to', async () => {
  const { delivery, delivered, deliver } = givenDelivery(0.1, 0.9, 0.1, 0.9, 0.9);
  delivery.disturb({ ...calm, loseProbability: 0.2, duplicateProbability: 0.2 });
  await deliver('lost');
  await deliver('twice');
  await deliver('once');
  expect(delivered).toEqual(['twice', 'twice', 'once']);
});

it('loses no schedule, and doubles as many as it is asked to', async () => {
  const { delivery, delivered } = givenDelivery(0.1, 0.9);
  delivery.disturb({ ...calm, loseProbability: 1, duplicateProbability: 0.2 });
  const fire = (schedule: string) => delivery.deliverSurely(async () => void delivered.push(schedule));
  await fire('twice');
  await fire('once');
  expect(delivered).toEqual(['twice', 'twice', 'once']);
});

it('delivers a late event after those that came meanwhile', async () => {
  const { delivery, delivered, deliver } = givenDelivery(0.1, 0.5, 0.9);
  delivery.disturb({ ...calm, delayProbability: 0.2, delayMilliseconds: 20 });
  const late = deliver('shutting-down');
  await deliver('terminated');
  await late;
  expect(delivered).toEqual(['terminated', 'shutting-down']);
});

it('delivers nothing late once it is closed', async () => {
  const { delivery, delivered, deliver } = givenDelivery(0.1, 1);
  delivery.disturb({ ...calm, delayProbability: 0.2, delayMilliseconds: 60_000 });
  void deliver('late');
  delivery.close();
  await deliver('next');
  expect(delivered).toEqual(['next']);
});
