/** An invoice that is due, with the facts of which a claim decides: literals, no database. */
import type { DueInvoice } from "../../src/application/ports/charging.ts";
import { NO_ATTEMPT_BESIDE } from "../../src/domain/settle/settlement.ts";

export const DUE_AT = new Date("2026-12-15T15:00:00Z");

type Change = Partial<Omit<DueInvoice, "invoice" | "customer">> & {
  readonly invoice?: Partial<DueInvoice["invoice"]>;
  readonly customer?: Partial<DueInvoice["customer"]>;
};

/** Of a customer of its own, whose card may be charged; nothing speaks against it. */
export function dueInvoice(id: string, { invoice, customer, ...change }: Change = {}): DueInvoice {
  return {
    ...{ subscriptionId: `sub_${id}`, customerId: `cus_${id}`, dunning: "standard", catchUp: "oldest_first" },
    ...{ attempt: null, unsettled: [], missed: [], paidAt: null, disputes: [], isWaitTold: false },
    ...change,
    invoice: {
      ...{ id, cycle: 1, missed: false, status: "open", statusReason: null, amountCents: 20015, currency: "MXN" },
      ...{ nextAttemptAt: DUE_AT, retryRequestedAt: null, declines: 0, faults: 0, firstDeclinedAt: null },
      ...{ voidWhenSettled: null, timeZone: "America/Mexico_City", dunningStep: null, dunningClass: null },
      ...{ dunningDueAt: null, reopenedFrom: null, periodEnd: new Date("2027-01-15T15:00:00Z"), ...NO_ATTEMPT_BESIDE },
      ...invoice,
    },
    customer: {
      card: { paymentSourceId: "src_1", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 },
      ...{
        isDeleted: false,
        readAt: DUE_AT,
        nextReadAt: null,
        readFailedAt: null,
        nextChargeAt: null,
        neverAgain: [],
        toReplace: [],
      },
      ...{ declines: [], tries: [] },
      ...customer,
    },
  };
}
