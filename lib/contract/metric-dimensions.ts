/** What a caller must know to emit a metric or to graph it. Only types, derived from the catalogue. */
import type { DimensionName, MetricName, metrics } from './metrics.ts';

type UnionToIntersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  all: infer Intersection,
) => void
  ? Intersection
  : never;

type NamesOf<Name extends MetricName> = (typeof metrics)[Name]['sets'][number][number];

/** The dimensions that must be given to emit these metrics. */
export type DimensionsOf<Name extends MetricName> = UnionToIntersection<
  Name extends MetricName ? { readonly [Dimension in NamesOf<Name>]: string } : never
>;

/** One of the dimension sets that a metric is published under, with values. */
export type DimensionSetOf<Name extends MetricName> = (typeof metrics)[Name]['sets'][number] extends infer Set
  ? Set extends readonly DimensionName[]
    ? Set['length'] extends 0
      ? Readonly<Record<string, never>>
      : { readonly [Dimension in Set[number]]: string }
    : never
  : never;

/** The dimension names of one of these sets. */
export type SetNamesOf<Name extends MetricName> = (typeof metrics)[Name]['sets'][number];
