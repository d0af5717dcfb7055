/** How many requests came within a window, over all copies of a function. Throws OperationalError. */
export interface RequestCounts {
  /**
   * Adds one to each of the window's counts, and returns them. The window is deleted some time after its end.
   */
  count(
    window: { readonly name: string; readonly endsAt: number },
    names: readonly string[],
  ): Promise<readonly number[]>;
}
