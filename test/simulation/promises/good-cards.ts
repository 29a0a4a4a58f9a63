/**
 * A customer whose default card would pay is charged, and nothing is given up beside a good card that was never tried.
 *
 * What a card would do is asked of the gateway's own wallet, each day: a card counts from when it was first seen there.
 */
import type { InvoiceSeen } from "../books-view.ts";
import type { Changed } from "./book.ts";
import { DAY_MS, named, sicknessAround, waitsFor, waitsItsDay, type Context } from "./promises-of.ts";
import { isChargeOf, placeOf } from "./debts.ts";

/** A changed card is read daily while an invoice waits for one: so it has two days until it must have been tried. */
const READ_WITHIN_MS = 2 * DAY_MS;

export type GoodCardCheck = {
  look(changed: readonly Changed<InvoiceSeen>[]): void;
  /** Each day. */
  daily(): void;
};

export function goodCardCheck(context: Context): GoodCardCheck {
  const { book, world, report, ledger } = context;
  const since = new Map<string, { readonly id: string; readonly atMs: number }>();
  /** When an invoice was last seen to wait for another that needs another card: the customer's next read ends that. */
  const replacedMs = new Map<string, number>();

  function noteCards(): void {
    const nowMs = context.nowMs();
    for (const { customerId } of context.orders()) {
      const card = context.cardOf(customerId);
      if (card === null || !card.pays || card.isExpired) since.delete(customerId);
      else if (since.get(customerId)?.id !== card.id) since.set(customerId, { id: card.id, atMs: nowMs });
    }
  }

  /** Cards are looked at once a day: the one that was good then may have been taken away since. */
  function goodCardOf(customerId: string): { readonly id: string; readonly atMs: number } | undefined {
    const card = since.get(customerId);
    return card?.id === context.cardOf(customerId)?.id ? card : undefined;
  }

  function wasTried(invoice: InvoiceSeen, cardId: string): boolean {
    if ((ledger.byCard.get(cardId) ?? []).some((charge) => isChargeOf(charge, invoice))) return true;
    // A 3DS question that nobody answered is no charge at the gateway, and a try all the same.
    const orders = ledger.byInvoice.get(invoice.id) ?? [];
    return orders.some(({ awaitsCustomer }) => awaitsCustomer?.cardId === cardId);
  }

  /** Its issuer said "never again" to this card, for whichever invoice. */
  function isForbidden(cardId: string): boolean {
    return (ledger.byCard.get(cardId) ?? []).some(({ declineClass }) => declineClass === "never_again");
  }

  /** Another invoice of the customer, not settled yet, was declined for this card and waits for another one. */
  function isToBeReplaced(cardId: string, invoice: InvoiceSeen): boolean {
    return (ledger.byCard.get(cardId) ?? []).some(({ declineClass, subscriptionId, cycle, invoiceId }) => {
      const other = book.cycles.get(subscriptionId)?.get(placeOf({ cycle, id: invoiceId }));
      const isUnsettled = other?.status === "open" || other?.status === "held";
      return declineClass === "new_card" && isUnsettled && other.id !== invoice.id;
    });
  }

  function checkWaiting(invoice: InvoiceSeen): void {
    const card = since.get(invoice.customerId);
    if (context.sick.has(invoice.customerId)) return;
    if (invoice.status !== "open" || card === undefined || wasTried(invoice, card.id) || isForbidden(card.id)) return;
    if (isToBeReplaced(card.id, invoice)) {
      replacedMs.set(invoice.id, context.nowMs());
      return;
    }
    const begunMs = Math.max(card.atMs, invoice.openedAt.getTime(), replacedMs.get(invoice.id) ?? 0);
    if (context.goodForMs(begunMs) < READ_WITHIN_MS + (world.hasRunLimit ? 2 * DAY_MS : 0)) return;
    // In its grace nothing is tried.
    if (invoice.dunningStep === "grace" || waitsFor(context, invoice) !== null || context.isTouched(invoice.id)) return;
    for (const { settledAt } of book.attemptsOf(invoice.id)) if (settledAt === null) return;
    // Missed cycles are collected on days of their own, and so is what waited.
    if (invoice.missed && (invoice.dunningStep ?? null) === null) return;
    if (waitsItsDay(context, invoice)) return;
    report(
      "good_card",
      `${named(invoice)} waits beside a good card, ${card.id}, that was never tried${about(invoice)}`,
    );
  }

  function checkWrittenOff(invoice: InvoiceSeen): void {
    const card = goodCardOf(invoice.customerId);
    if (
      card === undefined ||
      context.sick.has(invoice.customerId) ||
      wasTried(invoice, card.id) ||
      isForbidden(card.id)
    )
      return;
    if (context.goodForMs(card.atMs) < READ_WITHIN_MS || context.isTouched(invoice.id)) return;
    // Its final action says that nothing more is collected: the card was tried for the one that ended it.
    if (invoice.statusReason === "collection_stopped" && hasEndedBy(invoice.subscriptionId, card.id)) return;
    report(
      "good_card",
      `${named(invoice)} is written off beside a good card, ${card.id}, never tried${about(invoice)}${grace(invoice)}`,
    );
  }

  /** Whoever is unpaid is read before a cycle is void, once a day: a card that is new, and would pay, takes the cycle up. */
  function checkUnpaid(invoice: InvoiceSeen): void {
    const card = goodCardOf(invoice.customerId);
    if (card === undefined || context.sick.has(invoice.customerId) || ledger.byCard.has(card.id)) return;
    if (invoice.openedAt.getTime() - card.atMs < READ_WITHIN_MS || context.goodForMs(card.atMs) < READ_WITHIN_MS)
      return;
    // It is no new card where an invoice ended that it was tried for, though the try may have left no charge.
    if (writtenOffWith(invoice.subscriptionId, card.id).length > 0) return;
    report("good_card", `${named(invoice)} is not collected, beside a good card, ${card.id}, that was never tried`);
  }

  /** One of the subscription's was written off by its policy's end, and the card was tried for it; it may be paid since. */
  function hasEndedBy(subscriptionId: string, cardId: string): boolean {
    return [...(book.cycles.get(subscriptionId)?.values() ?? [])].some(
      (each) =>
        wasTried(each, cardId) &&
        book
          .eventsOf(each.id)
          .some(({ type, data }) => type === "invoice.uncollectible" && data["statusReason"] !== "collection_stopped"),
    );
  }

  /** Those of the subscription's that were given up, and that the card was tried for. */
  function writtenOffWith(subscriptionId: string, cardId: string): InvoiceSeen[] {
    return [...(book.cycles.get(subscriptionId)?.values() ?? [])].filter(
      (each) => each.status === "uncollectible" && wasTried(each, cardId),
    );
  }

  /** What people were told of the last failure, where no charge was declined. */
  function failedAs({ id }: InvoiceSeen): string | null {
    const failed = book.eventsOf(id).findLast(({ type }) => type === "invoice.payment_failed");
    const declineClass = failed?.data["declineClass"];
    return typeof declineClass === "string" ? declineClass : null;
  }

  function grace({ subscriptionId }: InvoiceSeen): string {
    const order = context.orderOf(subscriptionId);
    const days = order === null ? 0 : context.policyOf(order).graceDays;
    return days === 0 ? "" : `, after ${days} days of grace`;
  }

  /** What it failed with, and how it waits: what a finding is known by. */
  function about(invoice: InvoiceSeen): string {
    const last = ledger.charges.findLast((charge) => isChargeOf(charge, invoice));
    const step = invoice.dunningStep ?? "no step";
    const card = since.get(invoice.customerId);
    const isKnown = card !== undefined && context.cardShown(invoice.customerId) === card.id;
    const known = !isKnown ? "not read" : ledger.byCard.has(card.id) ? "known by a charge" : "known";
    return ` (after ${last?.declineClass ?? failedAs(invoice) ?? "no charge"}, ${step}, ${known})${sicknessAround(context, invoice.customerId)}`;
  }

  return {
    look: (changed) => {
      for (const { row, was } of changed) {
        if (world.hasForgotten || was?.status === row.status) continue;
        if (row.status === "uncollectible") checkWrittenOff(row);
        if (row.status === "void" && row.statusReason === "unpaid") checkUnpaid(row);
      }
    },
    daily: () => {
      noteCards();
      for (const id of book.unsettled) {
        const invoice = book.invoices.get(id);
        if (invoice !== undefined) checkWaiting(invoice);
      }
    },
  };
}
