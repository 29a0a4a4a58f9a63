/**
 * An item, a coupon's cycle and a cent of the balance is used exactly once, whatever crashed, was voided or tried again: read
 * from the tables at the end of a life, by rules of its own.
 */
import { DateTime } from "luxon";
import type { SubscriptionChange } from "../../../src/domain/subscription-change.ts";
import type { InvoiceRow } from "../memory-store/rows.ts";
import type { MemoryTables } from "../memory-store/tables.ts";
import { checkExtrasTold } from "./extras-told.ts";
import type { Report } from "./violation.ts";

export function checkExtras(tables: MemoryTables, report: Report): void {
  const invoices = [...tables.invoices.rows.values()];
  /** Paid or owed, and never void. Late money may pay a void one: then what it used may be another's by now. */
  const voided = new Set(tables.events.filter(({ type }) => type === "invoice.voided").map((event) => event.invoiceId));
  const standing = invoices.filter(({ id, status }) => status !== "void" && !voided.has(id));

  const items = [...tables.items.rows.values()];
  // What a change charges for the rest of a period is named by its days, so that two of one day have one name.
  for (const ofName of Map.groupBy(items, ({ customerId, name }) => `${customerId} ${name}`).values()) {
    const [{ key, customerId, name }] = ofName as [(typeof items)[number]];
    const lines = standing
      .filter((invoice) => invoice.customerId === customerId)
      .flatMap(({ id, lineItems }) => lineItems.filter((line) => line.name === name).map((line) => ({ id, line })));
    const charged = ofName.filter(({ invoiceId }) => standing.some(({ id }) => id === invoiceId));
    const found = lines.map(({ id, line }) => `${id} ${line.unitPriceCents * line.quantity}`).toSorted();
    const wanted = charged.map(({ invoiceId, amountCents }) => `${invoiceId} ${amountCents}`).toSorted();
    if (found.join() !== wanted.join())
      report("item", `${key} is a line of ${found.join(", ") || "nothing"}, and of ${wanted.join(", ")} by its row`);
    if (charged.some(({ removedAt }) => removedAt !== null)) report("item", `${key} was removed, and is charged`);
  }
  checkGivenBack(tables, report);
  checkExtrasTold(tables, report);

  const entries = [...tables.balanceEntries.rows.values()];
  for (const [ledger, ofOne] of Map.groupBy(entries, ({ customerId, currency }) => `${customerId} ${currency}`)) {
    let balanceCents = 0;
    for (const [index, entry] of ofOne.toSorted((a, b) => a.number - b.number).entries()) {
      balanceCents += entry.amountCents;
      if (entry.number !== index + 1 || entry.balanceCents !== balanceCents)
        report("balance", `entry ${entry.id} has ${entry.balanceCents} cents after it, and ${balanceCents} are there`);
    }
    if (balanceCents <= -300) report("balance", `${ledger} owes ${-balanceCents} cents, which could be charged`);
  }
  for (const { id, status, balanceCents } of invoices) {
    const of = (kind: string): number =>
      entries
        .filter((entry) => entry.invoiceId === id && entry.kind === kind)
        .reduce((sum, each) => sum + each.amountCents, 0);
    if (of("applied") !== -balanceCents)
      report("balance", `${id} says that the balance paid ${balanceCents}, and the ledger ${-of("applied")}`);
    const returned = status === "void" || voided.has(id) ? balanceCents : 0;
    if (of("returned") !== returned)
      report("balance", `${id} is ${status}, and ${of("returned")} cents went back of ${returned}`);
  }

  const beside = new Set(items.map(({ name }) => name));
  for (const { subscriptionId, couponCode, fromCycle, untilCycle } of tables.couponGrants.rows.values())
    for (const { id, cycle, discounts, lineItems, discountCents } of tables.invoices.inGroup(
      "subscription",
      subscriptionId,
    )) {
      if (cycle === null) continue;
      const isIn = cycle >= fromCycle && (untilCycle === null || cycle < untilCycle);
      const isLowered = (discounts ?? []).some(({ code }) => code === couponCode);
      const own = lineItems.filter(({ name }) => !beside.has(name));
      const ownCents = own.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
      // Where the ones before it left nothing, it takes nothing off.
      if (isIn !== isLowered && !(isIn && discountCents >= ownCents - 5))
        report("coupon", `${couponCode} is for cycles ${fromCycle} to ${untilCycle}, and ${id} is of ${cycle}`);
    }
}

/**
 * For the rest of a period no more is given back than was paid for the whole of it, with what changes before it added: by its
 * invoice, without the extras on it. The first change of a period gives back the share of its days, whatever its plan costs since.
 */
function checkGivenBack({ changes, invoices, items, subscriptions }: MemoryTables, report: Report): void {
  const beside = new Set([...items.rows.values()].map(({ customerId, name }) => `${customerId} ${name}`));
  /**
   * Of the period that the change's day is in: what was skipped, or is to come, is not given back. The last of its cycles: one
   * that was skipped ahead of its day may begin after a later one, where another interval began in between.
   */
  const runningOf = ({ subscriptionId, onDate, nextCycle }: SubscriptionChange): InvoiceRow | undefined => {
    const { timeZone } = subscriptions.must(subscriptionId);
    return invoices
      .inGroup("subscription", subscriptionId)
      .filter(({ cycle }) => cycle !== null && cycle < nextCycle)
      .toSorted((a, b) => Number(a.cycle) - Number(b.cycle))
      .findLast(
        ({ periodStart }) => (DateTime.fromJSDate(periodStart, { zone: timeZone }).toISODate() ?? "") <= onDate,
      );
  };
  const made = [...changes.rows.values()].filter(({ undoneAt, creditCents }) => undoneAt === null || creditCents > 0);
  for (const ofPeriod of Map.groupBy(made, (change) => `${change.subscriptionId} ${runningOf(change)?.id}`).values()) {
    const running = runningOf(ofPeriod[0]!);
    const own = (running?.lineItems ?? []).filter(({ name }) => !beside.has(`${running?.customerId} ${name}`));
    const soldCents = own.reduce(
      (sum, line) => sum + line.unitPriceCents * line.quantity - (line.discountCents ?? 0),
      0,
    );
    let paidCents = running?.status === "paid" ? soldCents : 0;
    let isAsSold = true;
    for (const { id, creditCents, debitCents, onDate, undoneAt } of ofPeriod.toSorted((a, b) => a.number - b.number)) {
      if (creditCents > paidCents) report("proration", `${id} gives ${creditCents} cents back, of ${paidCents} paid`);
      if (isAsSold && running !== undefined) {
        const { timeZone } = subscriptions.must(running.subscriptionId);
        const mostCents = (soldCents * daysFrom(onDate, running, timeZone)) / daysFrom(null, running, timeZone) + 1;
        if (creditCents > mostCents) report("proration", `${id} gives ${creditCents} cents back, of ${mostCents} sold`);
      }
      if (undoneAt !== null) continue;
      paidCents += debitCents - creditCents;
      if (debitCents > 0) isAsSold = false;
    }
  }
}

/** Local days of the invoice's period from this one on; null: all. */
function daysFrom(onDate: string | null, { periodStart, periodEnd }: InvoiceRow, zone: string): number {
  const [start, end] = [periodStart, periodEnd].map((at) => DateTime.fromJSDate(at, { zone }).startOf("day"));
  const from = onDate === null ? start! : DateTime.fromISO(onDate, { zone });
  return Math.round(end!.diff(from, "days").days);
}
