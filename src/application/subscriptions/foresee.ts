/** What a transaction would do: it is made, and taken back. */
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";

export async function foresee<T>(
  store: Pick<Store, "write">,
  now: Date,
  work: (records: Records) => Promise<T>,
): Promise<T> {
  let foreseen: T | undefined;
  const takenBack = new Error("taken back");
  try {
    await store.write(now, async (records) => {
      foreseen = await work(records);
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack) throw error;
  }
  return foreseen as T;
}
