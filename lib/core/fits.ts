/**
 * Whether JSON that was stored earlier has the shape that its reader relies on. A hand, or another release, may have written
 * something else; short-lived memory that does not fit counts as lost.
 */
export type Fits = (value: unknown) => boolean;

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => Number.isFinite(value);
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

export const orAbsent =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value);

export const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits);

/** Of one value for each of these; what follows them does not matter. */
export const tupleOf =
  (...each: readonly Fits[]): Fits =>
  (value) =>
    Array.isArray(value) && each.every((fits, n) => fits(value[n]));

/** Whatever the names are. */
export const eachOf =
  (fits: Fits): Fits =>
  (value) =>
    isObject(value) && Object.values(value).every(fits);

/** Further fields do not matter: a later release may have added them. */
export const fieldsOf =
  (fields: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, fits]) => fits(value[name]));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
