/** What explaining and reporting read of the books: everything at one moment, without writing anything. */
import type { Facts } from "../../explain/facts.ts";
import type { ChargeOutlook } from "../../domain/next-charge.ts";
import type { RecoveryRow, RecoveryWindow } from "../../domain/recovery.ts";

export interface StoryRecords {
  /** Null: there is no such subscription. */
  factsOf(subscriptionId: string): Promise<Facts | null>;
  /** By subscription: what says when each is charged next. Those that do not exist are left out. */
  outlooksOf(subscriptionIds: readonly string[]): Promise<ReadonlyMap<string, ChargeOutlook>>;
  /** One row for each currency, decline class, code and number of retries, so that every failed invoice is in one. */
  recovery(window: RecoveryWindow): Promise<readonly RecoveryRow[]>;
}
