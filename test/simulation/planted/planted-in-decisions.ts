/** Bugs in what is made of evidence. */
import type { Store } from "../../../src/application/ports/store.ts";
import type { SettleFacts } from "../../../src/application/ports/charging.ts";
import { OUT_OF_DUNNING } from "../../../src/domain/invoice.ts";
import type { Settlement } from "../../../src/domain/settle/settlement.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const BUGS_IN_DECISIONS: readonly PlantedBug[] = [
  {
    name: "expired lease back to claimed",
    caughtBy: /^I1$/,
    flow: "single",
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "lease_expired" && facts.attempt.state === "sending" ? freed(facts, "released") : "as it should",
      ),
    }),
  },
  {
    name: "trust an empty list",
    caughtBy: /^I1$/,
    flow: "single",
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "absent" && facts.attempt.state === "unknown" ? freed(facts, "not_sent") : "as it should",
      ),
    }),
  },
  {
    name: "late news overwrites paid",
    caughtBy: /^I5$/,
    flow: null,
    weather: (weather) => ({ ...weather, newsPerMonth: 60 }),
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "declined" && facts.attempt.state === "paid" ? declinedAfterAll(facts) : "as it should",
      ),
    }),
  },
  {
    name: "orphan order charged twice",
    caughtBy: /^(I1|I3)$/,
    flow: "order_first",
    weather: (weather) => ({ ...weather, guardHolds: true }),
    plant: ({ store, memory }) => ({
      store: {
        // The order's id is not kept for the invoice: after an unclear outcome a fresh order is charged.
        markSending: async (owner, items, options) => {
          const sent = await store.markSending(owner, items, options);
          const { invoices, attempts } = memory.tables;
          for (const { attemptId } of items) {
            const invoice = invoices.must(attempts.must(attemptId).invoiceId);
            if (invoice.orderId !== null) invoices.put({ ...invoice, orderId: null });
          }
          return sent;
        },
        settle: deciding(store, (facts, evidence) =>
          evidence === "absent" && facts.attempt.state === "unknown" ? freed(facts, "not_sent") : "as it should",
        ).settle,
      },
    }),
  },
];

/** A reducer that decides wrongly where `wrongly` says so. */
function deciding(
  store: Store,
  wrongly: (facts: SettleFacts, evidence: string) => Settlement | "as it should",
): Pick<Store, "settle"> {
  return {
    settle: (items, now, decide) =>
      store.settle(items, now, (facts, evidence) => {
        const decision = wrongly(facts, evidence.kind);
        if (decision === "as it should") return decide(facts, evidence);
        const { nextAttemptAt, ...invoice } = decision.invoice;
        return {
          ...decision,
          attempt: { ...decision.attempt, settledAt: now },
          invoice: { ...invoice, nextAttemptAt: invoice.status === "open" ? (nextAttemptAt ?? now) : null },
        };
      }),
  };
}

/** Over, and up for the next try. */
function freed({ attempt, invoice }: SettleFacts, state: "released" | "not_sent"): Settlement {
  const { orderId, chargeId, inquiries } = attempt;
  return {
    attempt: {
      state,
      orderId,
      chargeId,
      inquiries,
      nextInquiryAt: null,
      settledAt: null,
      decline: null,
      payment: null,
      trace: null,
      card: null,
      link: null,
    },
    invoice: {
      status: "open",
      statusReason: null,
      nextAttemptAt: null,
      paidAt: null,
      declines: invoice.declines,
      faults: invoice.faults,
      firstDeclinedAt: invoice.firstDeclinedAt,
      ...OUT_OF_DUNNING,
      retryRequestedAt: invoice.retryRequestedAt,
    },
    event: state === "released" ? "attempt.released" : "attempt.not_sent",
    finalAction: null,
  };
}

/** The last word counts, whatever was before it. */
function declinedAfterAll(facts: SettleFacts): Settlement {
  const { attempt, invoice } = freed(facts, "not_sent");
  const decline = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;
  return {
    attempt: { ...attempt, state: "declined", decline },
    invoice: { ...invoice, status: facts.invoice.status, statusReason: facts.invoice.statusReason },
    event: "attempt.declined",
    finalAction: null,
  };
}
