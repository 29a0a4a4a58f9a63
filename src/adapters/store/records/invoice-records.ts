/** What is owed, what was tried for it, and what came back. */
import type { RecordedInvoice, Records, ShownRefund } from "../../../application/ports/records.ts";
import { OPEN_ATTEMPT_STATES } from "../../../domain/attempt.ts";
import type { Dispute, PaymentDispute } from "../../../domain/dispute.ts";
import type { Invoice } from "../../../domain/invoice.ts";
import type { LinkEnd } from "../../../domain/payment-link.ts";
import { usesAnything, type Uses } from "../../../domain/invoice-content.ts";
import { AttemptEntity } from "../entities/attempts.ts";
import { InvoiceEntity } from "../entities/invoices.ts";
import { disputeById, disputesOf, putDispute, standingDisputes } from "./disputes.ts";
import { countedRefundCents, paidCents } from "./refunded.ts";
import { addShownRefund } from "./refunds.ts";
import { endLinks } from "../billing/payment-links.ts";
import { writeUses } from "../billing/waiting.ts";
import { mustNotBeArchived } from "./archives.ts";
import { row, type UnitOfWork } from "./unit-of-work.ts";

export function invoiceRecords({
  em,
  now,
  events,
  touched,
  denied,
}: UnitOfWork): Pick<
  Records,
  | "invoice"
  | "invoices"
  | "addInvoice"
  | "use"
  | "removeInvoice"
  | "paidCents"
  | "openAttempt"
  | "keepLatePayment"
  | "noteDenied"
  | "endLink"
  | "disputesOf"
  | "dispute"
  | "disputesOfSubscription"
  | "putDispute"
  | "countedRefundCents"
  | "addShownRefund"
> {
  return {
    async invoice(id: string): Promise<RecordedInvoice | null> {
      const found = await em.findOne(InvoiceEntity, { id });
      if (found === null) {
        await mustNotBeArchived(em, id);
        return null;
      }
      touched.add(id);
      return row(found);
    },
    async invoices(filter: {
      subscriptionId: string;
      statuses: readonly Invoice["status"][];
    }): Promise<RecordedInvoice[]> {
      await em.flush();
      const where = { subscriptionId: filter.subscriptionId, status: { $in: [...filter.statuses] } };
      // Those of no cycle first: where they come of themselves depends on the database.
      const found = await em.find(InvoiceEntity, where, { orderBy: { cycle: "asc nulls first", id: "asc" } });
      for (const { id } of found) touched.add(id);
      return found.map(row);
    },
    addInvoice(invoice: Invoice): void {
      em.create(InvoiceEntity, { ...invoice, openedAt: now }, { persist: true });
    },
    async use(uses: Uses): Promise<void> {
      if (!usesAnything(uses)) return;
      // After their invoices.
      await em.flush();
      await writeUses(em, [uses], now);
    },
    async removeInvoice(id: string): Promise<void> {
      em.remove(await em.findOneOrFail(InvoiceEntity, { id }));
      // At once, so that one of the same cycle can be added in the same transaction.
      await em.flush();
    },
    async paidCents(invoiceId: string): Promise<number> {
      await em.flush();
      return await paidCents(em, invoiceId);
    },
    async openAttempt(invoiceId: string) {
      return await em.findOne(
        AttemptEntity,
        { invoiceId, state: { $in: [...OPEN_ATTEMPT_STATES] } },
        { fields: ["id", "state", "flow"] },
      );
    },
    async keepLatePayment(invoiceId: string): Promise<boolean> {
      const where = { invoiceId, afterCancel: "asked" } as const;
      return (await em.nativeUpdate(AttemptEntity, where, { afterCancel: "kept" })) > 0;
    },
    noteDenied(attemptId: string, recheckAt: Date): void {
      denied.push({ attemptId, recheckAt });
    },
    async endLink(invoiceId: string, because: LinkEnd): Promise<boolean> {
      const ended = await endLinks(em, [invoiceId], because, now);
      events.push(...ended);
      return ended.length > 0;
    },
    async disputesOf(orderId: string): Promise<readonly Dispute[]> {
      return await disputesOf(em, orderId);
    },
    async dispute(id: string): Promise<Dispute | null> {
      return await disputeById(em, id);
    },
    async disputesOfSubscription(subscriptionId: string): Promise<readonly PaymentDispute[]> {
      await em.flush();
      return (await standingDisputes(em, [subscriptionId])).get(subscriptionId) ?? [];
    },
    async putDispute(dispute: Dispute): Promise<void> {
      await putDispute(em, dispute);
    },
    async countedRefundCents(attemptIds: readonly string[]): Promise<number> {
      return await countedRefundCents(em, attemptIds);
    },
    async addShownRefund(refund: ShownRefund): Promise<void> {
      await addShownRefund(em, refund, now);
    },
  };
}
