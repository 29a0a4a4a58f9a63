/**
 * An item, a coupon's cycle and a cent of the balance is used exactly once, whatever crashed, was voided or tried again: read
 * from the tables at the end of a life, by rules of its own.
 */
import type { MemoryTables } from "../memory-store/tables.ts";
import { EXTRA } from "../people/people-extras.ts";
import type { Report } from "./violation.ts";

export function checkExtras(tables: MemoryTables, report: Report): void {
  const invoices = [...tables.invoices.rows.values()];
  /** Paid or owed, and never void. Late money may pay a void one: then what it used may be another's by now. */
  const voided = new Set(tables.events.filter(({ type }) => type === "invoice.voided").map((event) => event.invoiceId));
  const standing = invoices.filter(({ id, status }) => status !== "void" && !voided.has(id));

  for (const { key, invoiceId, removedAt, amountCents } of tables.items.rows.values()) {
    const having = standing.filter(({ lineItems }) => lineItems.some(({ name }) => name === `${EXTRA}${key}`));
    const wanted = standing.filter(({ id }) => id === invoiceId);
    if (having.length !== wanted.length || having.some(({ id }) => id !== invoiceId))
      report(
        "item",
        `${key} is a line of ${having.map(({ id }) => id).join(", ") || "nothing"}, and of ${invoiceId} by its row`,
      );
    if (removedAt !== null && having.length > 0) report("item", `${key} was removed, and is charged`);
    const line = having[0]?.lineItems.find(({ name }) => name === `${EXTRA}${key}`);
    if (line !== undefined && line.unitPriceCents * line.quantity !== amountCents)
      report("item", `${key} is ${amountCents} cents, and its line ${line.unitPriceCents}`);
  }

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

  for (const { subscriptionId, couponCode, fromCycle, untilCycle } of tables.couponGrants.rows.values())
    for (const { id, cycle, discounts, lineItems, discountCents } of tables.invoices.inGroup(
      "subscription",
      subscriptionId,
    )) {
      if (cycle === null) continue;
      const isIn = cycle >= fromCycle && (untilCycle === null || cycle < untilCycle);
      const isLowered = (discounts ?? []).some(({ code }) => code === couponCode);
      const own = lineItems.filter(({ name }) => !name.startsWith(EXTRA));
      const ownCents = own.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
      // Where the ones before it left nothing, it takes nothing off.
      if (isIn !== isLowered && !(isIn && discountCents >= ownCents - 5))
        report("coupon", `${couponCode} is for cycles ${fromCycle} to ${untilCycle}, and ${id} is of ${cycle}`);
    }
}
