/**
 * Days that people are told: of the next try of a card, as docs/dunning.md counts them, and of the end of a card, once for each
 * day that the policy names.
 */
import { DateTime } from "luxon";
import type { EventSeen } from "../books-view.ts";
import type { News } from "./book.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, named, type Context } from "./promises-of.ts";
import type { Light, PromisedSubscription } from "./promised.ts";

/** When salaries are there, unless the policy says at what time it tries. */
const MORNING = "09:00";
/** Green runs, hours apart, after which whose card is near its end has been told. */
const MOST_RUNS = 2;

export type ToldDays = {
  look(news: News): void;
  daily(): void;
  /** A run is over. */
  over(light: Light): void;
  forget(): void;
};

export function toldDaysCheck(context: Context): ToldDays {
  const { book, report, world } = context;
  /** By customer, card and the day that the policy names: when it was told. */
  const noticed = new Map<string, number>();
  /** Whose notice is missing, and the runs since then. */
  let untold = new Map<string, { readonly runs: number; readonly lastMs: number }>();
  let stillUntold: typeof untold = new Map();

  /** It is told in the moment of the decline, before any limit puts it off. */
  function checkRetry({ invoiceId, at, data }: EventSeen): void {
    const { nextStep, nextAttemptAt, declineClass, failureCode } = data;
    const invoice = book.invoices.get(invoiceId ?? "");
    const order = invoice === undefined ? null : context.orderOf(invoice.subscriptionId);
    if (nextStep !== "retry" || typeof nextAttemptAt !== "string" || at === undefined) return;
    if (invoice === undefined || order === null || !COUNTED_IN_DAYS.has(String(declineClass))) return;
    const { payday, retryAt, windowDays } = context.policyOf(order);
    const [declined, told] = [at, new Date(nextAttemptAt)].map((each) =>
      DateTime.fromJSDate(each, { zone: order.timeZone }),
    );
    // At once: with another card.
    if (declined === undefined || told === undefined || +told - +declined < MINUTE_MS) return;
    const time = told.toFormat("HH:mm");
    if (payday && failureCode === "insufficient_funds") {
      const first = DateTime.fromJSDate(invoice.firstDeclinedAt ?? at, { zone: order.timeZone }).startOf("day");
      const [hour = 0, minute = 0] = (retryAt ?? MORNING).split(":").map(Number);
      const mornings = paydaysFrom(declined).filter((day) => day.set({ hour, minute }) > declined);
      const days = mornings.filter((day) => day.diff(first, "days").days <= windowDays);
      const isToday = days.length > 0 && days[0]!.hasSame(declined, "day");
      const wanted = days.slice(0, isToday ? 2 : 1);
      const isOne = wanted.some((day) => day.hasSame(told, "day")) && time === (retryAt ?? MORNING);
      // Of today's morning, close as it is, the next payday may be the first that counts, and past the window.
      const mayBePlain = isToday && days.length === 1;
      if (wanted.length > 0 && !isOne && !mayBePlain)
        report("spacing", `${named(invoice)} lacked funds, and is tried on ${told.toISO()}, no payday's morning`);
      if (wanted.length > 0) return;
    }
    if (retryAt !== null && time !== retryAt)
      report("spacing", `${named(invoice)} is tried at ${told.toISO()}, and its policy says ${retryAt}`);
  }

  /** Another card is waited for, and a grace lasts, for as many local days as the policy says. */
  function checkWait({ subscriptionId, invoiceId, at, data }: EventSeen): void {
    const { nextStep, nextStepUntil } = data;
    const order = context.orderOf(subscriptionId ?? "");
    if (order === null || at === undefined || typeof nextStepUntil !== "string") return;
    const { graceDays, waitForCardDays, paymentLink } = context.policyOf(order);
    // After a page of a person's another card is waited for, if only for a day. Who asked for it a backup may not tell any more:
    // where the policy knows of none, nobody else did.
    if (invoiceId === null || context.isTouched(invoiceId)) return;
    const hasPage = [...book.attemptsOf(invoiceId)].some(({ flow }) => flow === "link");
    if (world.hasForgotten && paymentLink === null && hasPage) return;
    const wanted = nextStep === "grace" ? graceDays : nextStep === "wait_for_card" ? waitForCardDays : null;
    const [from, until] = [at, new Date(nextStepUntil)].map((each) =>
      DateTime.fromJSDate(each, { zone: order.timeZone }).startOf("day"),
    );
    const days = Math.round(until!.diff(from!, "days").days);
    if (wanted !== null && days !== wanted)
      report("spacing", `${subscriptionId} is told ${String(nextStep)} of ${days} days, and its policy says ${wanted}`);
  }

  /** @returns the last days that the policies of a customer name, which are near enough */
  function nearestOf(customerId: string, leftMs: number): number | null {
    const near = context
      .orders()
      .filter((order) => order.customerId === customerId && goesOn(order))
      .flatMap((order) => context.policyOf(order).cardExpiringDays)
      .filter((days) => leftMs < (days + 1) * DAY_MS);
    return near.length === 0 ? null : Math.min(...near);
  }

  function goesOn({ id }: PromisedSubscription): boolean {
    return (book.subscriptions.get(id)?.nextBillingAt ?? null) !== null;
  }

  function noteNotice({ customerId = null, at, data }: EventSeen): void {
    const { paymentSourceId, noticeDays, expiresAt } = data;
    if (customerId === null || at === undefined) return;
    const key = keyOf(customerId, String(paymentSourceId), Number(noticeDays));
    const toldMs = noticed.get(key);
    // A card that was not the default in between is told of anew.
    if (toldMs !== undefined && book.cardChangedMs(customerId) < toldMs)
      report("told", `${customerId} is told twice that ${String(paymentSourceId)} expires at ${String(expiresAt)}`);
    noticed.set(key, at.getTime());
  }

  function checkNoticed(customerId: string): void {
    const card = context.cardOf(customerId);
    if (card === null || context.sick.size > 0 || context.cardShown(customerId) !== card.id) return;
    const leftMs = card.expiresAtMs - context.nowMs();
    if (leftMs < DAY_MS) return;
    const days = nearestOf(customerId, leftMs);
    if (days === null || noticed.has(keyOf(customerId, card.id, days))) return;
    const key = keyOf(customerId, card.id, days);
    const since = untold.get(key) ?? { runs: 0, lastMs: context.nowMs() };
    stillUntold.set(key, since);
    if (since.runs >= MOST_RUNS)
      report("told", `nobody is told that ${card.id} of ${customerId} expires in ${Math.floor(leftMs / DAY_MS)} days`);
  }

  return {
    look: ({ events }) => {
      for (const event of events) {
        if (event.type === "invoice.payment_failed") checkRetry(event);
        if (event.type === "card.expiring") noteNotice(event);
        checkWait(event);
      }
    },
    daily: () => {
      if (!world.isCalm || world.hasForgotten) return;
      stillUntold = new Map();
      for (const customerId of new Set(context.orders().map((order) => order.customerId))) checkNoticed(customerId);
      untold = stillUntold;
    },
    over: ({ atMs, isGreen }) => {
      for (const [key, { runs, lastMs }] of untold)
        if (isGreen && atMs > lastMs + 2 * HOUR_MS) untold.set(key, { runs: runs + 1, lastMs: atMs });
    },
    forget: () => noticed.clear(),
  };
}

const COUNTED_IN_DAYS: ReadonlySet<string> = new Set(["retry_later", "unrecognized", "customer_action"]);

/** The 15th and the last of a month, in December the 20th; on a weekend the Friday before. From the day on, two months' worth. */
function paydaysFrom(from: DateTime): DateTime[] {
  const months = [0, 1, 2].map((later) => from.startOf("month").plus({ months: later }));
  return months
    .flatMap((month) => [
      month.set({ day: 15 }),
      ...(month.month === 12 ? [month.set({ day: 20 })] : []),
      month.endOf("month").startOf("day"),
    ])
    .map((day) => day.minus({ days: Math.max(0, day.weekday - 5) }))
    .filter((day) => day >= from.startOf("day"));
}

function keyOf(customerId: string, cardId: string, days: number): string {
  return `${customerId} ${cardId} ${days}`;
}
