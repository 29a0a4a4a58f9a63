/** Subscriptions that are due. One whose row cannot be read is put aside, and keeps nobody else from being opened. */
import type { DueSubscription } from "../../domain/opening.ts";
import { RowUnreadable } from "../../domain/errors.ts";
import type { Store } from "../ports/store.ts";

export async function readDue(
  store: Pick<Store, "dueSubscriptions">,
  now: Date,
  limit: number,
  except: readonly string[],
  putAside: (subscriptionId: string, error: RowUnreadable) => void,
): Promise<readonly DueSubscription[]> {
  const unread: string[] = [];
  for (;;) {
    try {
      return await store.dueSubscriptions(now, limit, [...except, ...unread]);
    } catch (error) {
      if (!(error instanceof RowUnreadable)) throw error;
      unread.push(error.id);
      putAside(error.id, error);
    }
  }
}
