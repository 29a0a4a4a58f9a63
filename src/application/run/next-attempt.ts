/**
 * When is the next charge of an invoice that is open already, of all customers? `status` announces it.
 *
 * Each is asked for by `domain/charging/next-charge.ts`, the longest planned first, until no later one can be earlier.
 */
import { invoiceOutlook } from "../../domain/charging/invoice-outlook.ts";
import { outlookRules, type OutlookNeeds } from "../charging/outlook-rules.ts";
import type { StoryRecords } from "../ports/explain.ts";
import type { DuePlace } from "../ports/charging.ts";

const PAGE = 500;

export async function nextAttempt(
  { records, ...needs }: OutlookNeeds & { readonly records: Pick<StoryRecords, "planned" | "outlooksOf"> },
  now: Date,
): Promise<Date | null> {
  const rules = await outlookRules(needs, now);
  if (rules.isHalted) return null;
  let first: Date | null = null;
  for (let after: DuePlace | null = null; ;) {
    const page = await records.planned(after, PAGE);
    const outlooks = await records.outlooksOf([...new Set(page.map(({ subscriptionId }) => subscriptionId))], now);
    for (const { subscriptionId, invoiceId, at } of page) {
      if (first !== null && first <= at) return first;
      const books = outlooks.get(subscriptionId);
      const invoice = books?.unsettled.find(({ id }) => id === invoiceId);
      if (books === undefined || invoice === undefined) continue;
      const outlook = invoiceOutlook(invoice, books, rules, now);
      if (outlook.do !== "charge" || outlook.inVain !== null) continue;
      if (first === null || outlook.at < first) first = outlook.at;
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return first;
    after = last;
  }
}
