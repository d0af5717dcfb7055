/** Processes all entries in order, at most `atOnce` of them at a time. Rejects with the first failure. */
export async function forEachConcurrently<Entry>(
  entries: readonly Entry[],
  atOnce: number,
  step: (entry: Entry) => Promise<void>,
): Promise<void> {
  const left = entries.values();
  const work = async () => {
    for (const entry of left) await step(entry);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, entries.length) }, work));
}
