/** Waits for something, for so long: what takes longer goes on, and nobody else waits for it. */

/**
 * @param patienceMs Infinity: to its end
 * @returns false: it goes on; a rejection that comes later is heard here, and ends no process
 * @throws what it ends with in time
 */
export async function endsWithin(pending: Promise<unknown>, patienceMs: number): Promise<boolean> {
  if (patienceMs === Infinity) {
    await pending;
    return true;
  }
  const { promise: isLate, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, patienceMs, false);
  try {
    return await Promise.race([pending.then(() => true), isLate]);
  } finally {
    clearTimeout(timer);
  }
}
