/** Customers with a stored card, made at the sandbox as a merchant's own shop would make them. */
import { callerOf, customerWith } from "../sandbox/caller.ts";

export const API_KEY = "key_crash";

/** @returns their ids, in the order of the tokens */
export async function createCustomers(url: string, tokens: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const token of tokens) ids.push(await customerWith(callerOf({ url }, API_KEY), token));
  return ids;
}
