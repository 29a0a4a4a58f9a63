/**
 * No hour has more charges, nor more money in them, than MAX_CHARGES_PER_RUN and MAX_AMOUNT_CENTS_PER_RUN say
 * (docs/configuration.md), but for what was charged before a person said go.
 */
import type { LedgerCharge } from "../ledger.ts";
import type { News } from "./book.ts";
import { HOUR_MS, MINUTE_MS, type Context } from "./promises-of.ts";

/** What left late in its hour is counted from when it was written down. */
const WINDOW_MS = HOUR_MS - 5 * MINUTE_MS;

export function runLimitCheck(context: Context): (news: News) => void {
  const { ledger, report, world, leftAtMs } = context;
  const { charges: mostCharges, amountCents: mostCents } = world.mostInAnHour;
  /** Of the last hour. */
  let recent: { readonly sentMs: number; readonly amountCents: number }[] = [];
  let gone: readonly number[] = [];
  let seen = 0;

  function check({ reference, amountCents }: LedgerCharge): void {
    const sentMs = leftAtMs.get(reference);
    if (sentMs === undefined) return;
    const countFromMs = Math.max(sentMs - WINDOW_MS, ...gone.filter((atMs) => atMs <= sentMs));
    recent = [...recent.filter((each) => each.sentMs > countFromMs), { sentMs, amountCents }];
    const sumCents = recent.reduce((sum, each) => sum + each.amountCents, 0);
    if (mostCharges !== null && recent.length > mostCharges)
      report("limit", `${reference} is charge ${recent.length} within an hour, of at most ${mostCharges}`);
    if (mostCents !== null && sumCents > mostCents)
      report("limit", `with ${reference} ${sumCents} cents were charged within an hour, of at most ${mostCents}`);
  }

  return ({ events }) => {
    const resumed = events.filter(({ type, data }) => type === "charging.resumed" && data["kind"] === "limit");
    gone = [...gone, ...resumed.flatMap(({ at }) => at?.getTime() ?? [])];
    const isJudged = world.hasRunLimit && world.isClockRight && !world.hasForgotten && !world.mayFreeze;
    const news = ledger.charges.slice(seen).filter(({ isOfPage }) => !isOfPage);
    seen = ledger.charges.length;
    if (!isJudged) return;
    const bySent = news.toSorted((a, b) => (leftAtMs.get(a.reference) ?? 0) - (leftAtMs.get(b.reference) ?? 0));
    for (const charge of bySent) check(charge);
  };
}
