/** Runs all of these, so many at once. What one of them throws is thrown when all are over, the first of them alone. */
import PQueue from "p-queue";

export async function runAll(concurrency: number, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = new PQueue({ concurrency });
  const failures: unknown[] = [];
  for (const task of tasks)
    void queue.add(async () => {
      try {
        await task();
      } catch (error) {
        failures.push(error);
      }
    });
  await queue.onIdle();
  if (failures.length > 0) throw failures[0];
}
