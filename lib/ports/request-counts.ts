/** How many requests came within a window, over all copies of a function. Throws OperationalError. */
export interface RequestCounts {
  /**
   * Adds one to each of these counts of the window, and says what they are now. The window is forgotten some time after its
   * end.
   */
  count(
    window: { readonly name: string; readonly endsAt: number },
    names: readonly string[],
  ): Promise<readonly number[]>;
}
