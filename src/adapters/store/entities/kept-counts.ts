/** What triggers count as it happens, so that nobody counts the past: @see migrations, KeptCounts */
import { defineEntity, p } from "@mikro-orm/core";

/** Of each UTC day, plan and currency; to be added up over the slots, of which SQLite has one. */
export const RevenueDayEntity = defineEntity({
  name: "RevenueDay",
  tableName: "revenue_day",
  properties: {
    day: p.text().primary(),
    planId: p.text().primary(),
    currency: p.text().primary(),
    /** PostgreSQL: of the connection that wrote, so that no two writers wait for each other. */
    slot: p.integer().primary(),
    /** Invoices that were paid, refunds that were done, disputes that were lost: of none left there is no row to show. */
    moves: p.integer(),
    invoices: p.integer(),
    amountCents: p.integer(),
    refundedCents: p.integer(),
    lostCents: p.integer(),
  },
});

/** How many invoices and attempts came to an end in which way; the open ones are few, and counted. */
export const TallyEntity = defineEntity({
  name: "Tally",
  tableName: "tally",
  properties: {
    /** The table that is counted. */
    what: p.text().primary(),
    word: p.text().primary(),
    slot: p.integer().primary(),
    n: p.integer(),
  },
});
