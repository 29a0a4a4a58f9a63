/**
 * What is expected to come in, charge by charge, or by local day and currency, as things are: open invoices on the day of their
 * next try, cycles on theirs. Reads only, a page of subscriptions at a time; what a card will refuse nobody knows.
 */
import { DateTime } from "luxon";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { chargesBefore, type ForeseenCharge } from "../../domain/charging/next-charge.ts";
import { isEnded } from "../../domain/subscription.ts";
import type { StoryRecords } from "../ports/explain.ts";
import type { Where } from "../ports/listings.ts";
import type { SubscriptionRow } from "../ports/listings/subscriptions.ts";
import type { Store } from "../ports/store.ts";
import { type OutlookNeeds, outlookRules } from "./outlook-rules.ts";

export type CashRow = {
  /** "2026-12-15" */
  readonly day: string;
  readonly currency: string;
  readonly charges: number;
  readonly amountCents: number;
};

type Needs = OutlookNeeds & { readonly store: Pick<Store, "page"> & { readonly explaining: StoryRecords } };

const PAGE = 500;

/** The end of so many local days, of which today is the first. */
export function cashBefore(now: Date, days: number, timeZone: string): Date {
  return DateTime.fromJSDate(now, { zone: timeZone }).startOf("day").plus({ days }).toJSDate();
}

/** @param before not in it. What is due already counts today. */
export async function expectedCash(
  needs: Needs,
  { now, before, timeZone, planId }: { now: Date; before: Date; timeZone: string; planId: string | undefined },
): Promise<readonly CashRow[]> {
  const sums = new Map<string, CashRow>();
  for await (const { at, currency, amountCents } of expectedCharges(needs, { now, before, where: { planId } })) {
    const day = localDateTextOf(new Date(Math.max(at.getTime(), now.getTime())), timeZone);
    const sum = sums.get(`${day} ${currency}`) ?? { day, currency, charges: 0, amountCents: 0 };
    sums.set(`${day} ${currency}`, {
      ...{ day, currency, charges: sum.charges + 1, amountCents: sum.amountCents + amountCents },
    });
  }
  return [...sums.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

export type ExpectedCharge = ForeseenCharge & Pick<SubscriptionRow, "subscriptionId" | "customerId" | "planId">;

/** A subscription after the other, each by date. @param before not in it */
export async function* expectedCharges(
  needs: Needs,
  { now, before, where }: { now: Date; before: Date; where: Where<SubscriptionRow> },
): AsyncGenerator<ExpectedCharge> {
  const { store } = needs;
  const rules = await outlookRules(needs, now);
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof pageOfSubscriptions>> = await pageOfSubscriptions(cursor);
    const collected = page.rows.filter(({ status, unpaidInvoices }) => !isEnded(status) || unpaidInvoices > 0);
    const outlooks = await store.explaining.outlooksOf(
      collected.map(({ subscriptionId }) => subscriptionId),
      now,
    );
    for (const { subscriptionId, customerId, planId } of collected) {
      const books = outlooks.get(subscriptionId);
      if (books === undefined) continue;
      const charges = chargesBefore(books, rules, now, before);
      yield* charges.map((charge) => ({ subscriptionId, customerId, planId, ...charge }));
    }
    cursor = page.nextCursor;
  } while (cursor !== null);

  async function pageOfSubscriptions(after: string | null) {
    return await store.page("subscriptions", {
      where,
      limit: PAGE,
      ...(after !== null && { cursor: after }),
    });
  }
}
