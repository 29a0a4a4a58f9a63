/**
 * The books, open for writing: the unit of work behind everything a person does.
 *
 * Rows are live entities; what was assigned, added or recorded is flushed at the end of the transaction.
 */
import { FlushMode } from "@mikro-orm/core";
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type { Records } from "../../../application/ports/records.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import { InvoiceEntity } from "../entities/invoices.ts";
import { appendEvents } from "../events.ts";
import { noteDenied } from "../billing/rechecks.ts";
import { giveBack, takeAgain } from "../billing/waiting.ts";
import { refreshStatuses } from "../billing/subscription-status.ts";
import { planRecords } from "./plan-records.ts";
import { customerRecords } from "./customer-records.ts";
import { subscriptionRecords } from "./subscription-records.ts";
import { invoiceRecords } from "./invoice-records.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/** What is written at the end of the transaction that these books were made for. */
export type OpenRecords = Records & { flush(): Promise<void> };

export function recordsIn(em: SqlEntityManager, now: Date, random: Random, leastCents: number): OpenRecords {
  // The mapper would compare every row it knows before every read: quadratic in a plans file of thousands. A search by
  // anything but the id writes first, so that it finds rows as this transaction has made them.
  em.setFlushMode(FlushMode.COMMIT);
  const rows = { plans: new Map(), customers: new Map(), subscriptions: new Map() };
  const work: UnitOfWork = {
    ...{ em, now, random, leastCents, rows },
    ...{ events: [], toRefresh: new Set(), touched: new Set(), denied: [] },
  };
  return {
    ...planRecords(work),
    ...customerRecords(work),
    ...subscriptionRecords(work),
    ...invoiceRecords(work),
    record: (event) => void work.events.push(event),
    flush: async () => await flush(work),
  };
}

/** Writes everything; called once. */
async function flush({ em, now, random, events, toRefresh, touched, denied }: UnitOfWork): Promise<void> {
  await em.flush();
  await settleUses(em, touched, now);
  await noteDenied(em, denied, now);
  const statusEvents = await refreshStatuses(em, [...toRefresh]);
  await appendEvents(em, [...events, ...statusEvents], now, random);
}

/** What invoices that this transaction ended had used. */
async function settleUses(em: SqlEntityManager, touched: ReadonlySet<string>, now: Date): Promise<void> {
  const ended: (readonly [string, Invoice["status"]])[] = [];
  for (const id of touched) {
    const found = await em.findOne(InvoiceEntity, { id });
    if (found !== null) ended.push([id, found.status]);
  }
  const idsIn = (status: Invoice["status"]): string[] => ended.flatMap(([id, is]) => (is === status ? [id] : []));
  await giveBack(em, idsIn("void"), now);
  await takeAgain(em, idsIn("paid"));
}
