/** Orders as the gateway lists them, attempts as the books know them, and the two sides to compare: literals, no database. */
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import type { ListedOrder, SweepRecords, SweepSide, Window } from "../../src/application/ports/reconcile.ts";
import type { Log } from "../../src/application/ports/runtime.ts";
import type { KnownAttempt } from "../../src/application/ports/webhooks.ts";
import type { Payment } from "../../src/domain/attempt.ts";

export const OWN_INSTALLATION = "ins_1";
const TRACE = { httpStatus: 200, logId: null, because: "said the test" };

export const SILENT_LOG: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function paymentBy(chargeId: string | null): Payment {
  return {
    ...{ orderId: "ord_1", chargeId, amountCents: 20015, currency: "MXN", customerId: "cus_1", livemode: false },
    ...{ paidAt: null, feeCents: null, authCode: null, cardBrand: null, cardLast4: null, paymentMethod: "card" },
  };
}

export function answerOf(kind: "paid" | "pending" | "declined" | "absent" | "lapsed" | "unknown"): InquiryAnswer {
  switch (kind) {
    case "paid":
      return { kind, payment: paymentBy("chr_1"), trace: TRACE };
    case "declined": {
      const decline = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;
      return { kind, decline, orderId: "ord_1", chargeId: "chr_1", trace: TRACE };
    }
    case "pending":
      return { kind, orderId: "ord_1", chargeId: "chr_1", trace: TRACE };
    case "lapsed":
    case "unknown":
      return { kind, orderId: "ord_1", trace: TRACE };
    case "absent":
      return { kind, trace: TRACE };
    default:
      return kind satisfies never;
  }
}

/** Of cycle 0 of subscription `ana`, made for `inv_1-1` by this installation, and paid. */
export function listedOrder(change: Partial<ListedOrder> = {}): ListedOrder {
  return {
    ...{ orderId: "ord_1", createdAt: null, subscriptionId: "ana", invoiceId: "inv_1", cycle: 0, shown: null },
    ...{ installationId: OWN_INSTALLATION, references: ["inv_1-1"], chargeReferences: new Map([["chr_1", "inv_1-1"]]) },
    ...{
      givenBack: null,
      movedPayment: null,
      refundedCents: null,
      refundedCharges: new Map(),
      disputes: [],
      paidChargeIds: [],
    },
    inquiryAnswerOf: () => answerOf("paid"),
    ...change,
  };
}

export function knownAttempt(change: Partial<KnownAttempt> = {}): KnownAttempt {
  return {
    ...{ attemptId: "att_1", number: 1, reference: "inv_1-1", state: "unknown", flow: "single", orderId: "ord_1" },
    ...{ chargeId: null, invoiceId: "inv_1", subscriptionId: "ana", customerId: "cus_1" },
    ...{ amountCents: 20015, currency: "MXN", isDenied: false },
    ...change,
  };
}

/** @param orders shown whatever the window, which is noted in `windows` */
export function sweepSide(
  orders: readonly ListedOrder[] | Error,
  { attempts = [], ...records }: Partial<SweepRecords> & { readonly attempts?: readonly KnownAttempt[] } = {},
): SweepSide & { readonly windows: Window[] } {
  const windows: Window[] = [];
  const never = (): never => {
    throw new Error("not scripted");
  };
  return {
    windows,
    flow: "single",
    lister: {
      async *listOrders(window) {
        windows.push(window);
        if (orders instanceof Error) throw orders;
        yield* orders;
      },
    },
    inbox: {
      attemptsOf: async (orderId, references) =>
        attempts.filter((each) => each.orderId === orderId || references.includes(each.reference)),
    },
    records: {
      ...{ importAttempt: never, paidAttempts: never, inquireAboutAll: never, keepAside: never },
      lastSentAt: async () => null,
      createdAt: async () => new Date(0),
      comparedUntil: async () => null,
      noteCompared: async () => {},
      unpaidOrders: async () => [],
      setAside: async () => new Set(),
      isArchived: async () => false,
      ...records,
    },
  };
}
