/** What holds for the whole on PostgreSQL: two instants on the row of the installation, by the clock of the database, and its locks. */
import { setTimeout as sleep } from "node:timers/promises";
import { groupCommit } from "../../../application/concurrency/group-commit.ts";
import type { SharedLimits } from "../../../application/ports/shared-limits.ts";
import { textOrNull, whole, wholeOrNull } from "../dialect/codec.ts";
import { errorCode } from "../dialect/database-errors.ts";
import { all, type Connected } from "../dialect/sql.ts";
import { heldNow } from "../billing/charge-facts.ts";

/** So that no more than a moment's turns are lost where a process ends. */
const MOST_TURNS = 20;
/** A claim of another process is over by then: as long as a writer waits for a row. */
const HELD_FOR_LONG_MS = 2000;

/** A right that is taken away, or a service that has no such log. */
const UNTOLD = ["42501", "42883", "0A000", "55000"];

export function sharedLimitsOn(read: () => Connected): SharedLimits {
  /** Those that are asked for together are reserved together, and come one after the other. */
  const reserve = groupCommit(
    async (rates: readonly number[]) => {
      const askedAtMs = performance.now();
      const [ratePerSecond = 1] = rates;
      const firstAtMs = askedAtMs + (await reserveTurns(read(), rates.length, ratePerSecond));
      return rates.map((rate, place) => firstAtMs + (place * 1000) / rate);
    },
    { maxItems: MOST_TURNS },
  );
  return {
    async takeTurn(ratePerSecond) {
      const atMs = (await reserve(ratePerSecond)) ?? 0;
      await sleep(Math.max(0, atMs - performance.now()));
    },
    async gatewayFails(forMs) {
      const [row = {}] = await all(
        read(),
        `update installation set gateway_failing_until = now_ms() + cast(? as bigint)
         returning gateway_failing_until as until_ms`,
        [forMs],
      );
      return whole(row, "until_ms");
    },
    async failingUntil() {
      const [row = {}] = await all(
        read(),
        `select case when gateway_failing_until > now_ms() then gateway_failing_until end as until_ms from installation`,
      );
      return wholeOrNull(row, "until_ms");
    },
    async heldDue(now) {
      const before = await heldNow(read(), now);
      if (before.length === 0) return [];
      await sleep(HELD_FOR_LONG_MS);
      const still = new Set(await heldNow(read(), now));
      return before.filter((id) => still.has(id));
    },
    async timeline() {
      try {
        const [row = {}] = await all(
          read(),
          "select case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline",
        );
        return textOrNull(row, "timeline");
      } catch (error) {
        if (UNTOLD.includes(errorCode(error) ?? "")) return null;
        throw error;
      }
    },
  };
}

/** @returns in how many milliseconds the first of them comes */
async function reserveTurns(em: Connected, charges: number, ratePerSecond: number): Promise<number> {
  const takesMs = Math.ceil((charges * 1000) / ratePerSecond);
  const [row = {}] = await all(
    em,
    `update installation set next_send_at = greatest(coalesce(next_send_at, 0), now_ms()) + cast(? as bigint)
     returning greatest(0, next_send_at - cast(? as bigint) - now_ms()) as wait_ms`,
    [takesMs, takesMs],
  );
  return whole(row, "wait_ms");
}
