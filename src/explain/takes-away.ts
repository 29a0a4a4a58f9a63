/** The command that takes away what waits for an invoice that never comes: an item, or the line of a change of plan. */
import { changeOfKey } from "../domain/subscription-change.ts";

/** @param key of the item */
export function takesAway(key: string): string {
  const change = changeOfKey(key);
  return change === null
    ? `puntual items remove ${key}`
    : `puntual subscriptions change ${change.subscriptionId} --undo`;
}
