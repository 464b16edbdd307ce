/**
 * Does the work for each item, so many at once. After a failure nothing more is begun; what is
 * under way comes to its end before the failure is thrown.
 */
export async function eachInFlight<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      try {
        // oxlint-disable-next-line no-await-in-loop -- a lane is one after the other
        await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
