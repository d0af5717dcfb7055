/**
 * Finds the price of spot machines that end without one: EC2 did not report it at the launch, or the machine was
 * recorded by its own claim, which does not ask. They get the current price of their type and zone, like machines
 * that the sweep records late. If EC2 does not answer within two seconds, they stay without a price: no lease waits
 * for one.
 */
import type { Micros } from '../../core/micros.ts';
import type { Runner } from '../../core/runner.ts';
import { type SpotPrices, spotPool } from '../../ports/spot-prices.ts';
import type { Ending } from './ending.ts';

export async function findLatePrices(
  { spotPrices }: { readonly spotPrices: SpotPrices },
  endings: readonly Ending[],
): Promise<readonly Ending[]> {
  const types = endings.flatMap(({ runner }) => (lacksPrice(runner) ? [runner.instanceType] : []));
  if (types.length === 0) return endings;
  const prices = await spotPrices.now(types);
  return endings.map((ending) => ({ ...ending, runner: withPrice(ending.runner, prices) }));
}

function withPrice(runner: Runner, prices: ReadonlyMap<string, Micros>): Runner {
  if (!lacksPrice(runner)) return runner;
  const { instanceType, zone, rates } = runner;
  const compute = prices.get(spotPool(instanceType, zone));
  return compute === undefined ? runner : { ...runner, rates: { ...rates, compute } };
}

const lacksPrice = (runner: Runner): runner is Runner & Required<Pick<Runner, 'zone' | 'rates'>> =>
  runner.spot &&
  runner.zone !== undefined &&
  runner.rates !== undefined &&
  runner.rates.compute === undefined;
