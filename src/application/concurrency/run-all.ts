/** Runs all of these, so many at once. What one of them throws is thrown when all are over, the first of them alone. */
export async function runAll(concurrency: number, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  // Whoever is free takes the next one.
  const left = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of left)
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, tasks.length) }, work));
  if (failures.length > 0) throw failures[0];
}
