/** For errors that a simulated program gets: nobody reads their stack traces, and capturing one takes longer than the call. */
export function withoutStack<Thrown extends Error>(make: () => Thrown): Thrown {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = make();
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}
