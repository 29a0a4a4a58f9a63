/** What a transaction would do: it is made, and taken back. */
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";

export async function foresee<T>(
  store: Pick<Store, "write">,
  now: Date,
  work: (records: Records) => Promise<T>,
): Promise<T> {
  let foreseen: { readonly answer: T } | null = null;
  const takenBack = new Error("taken back");
  try {
    return await store.write<T>(now, async (records) => {
      foreseen = { answer: await work(records) };
      throw takenBack;
    });
  } catch (error) {
    if (error === takenBack && foreseen !== null) return (foreseen as { readonly answer: T }).answer;
    throw error;
  }
}
