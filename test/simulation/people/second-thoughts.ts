/**
 * What people do and take back some days later, and what they charge in the gateway's panel, past the books: something else,
 * or the very thing that an invoice asks for, and then they say so. In a third of the lives, whose chance for it is its own.
 */
import { markInvoicePaid } from "../../../src/application/invoices/change-invoice.ts";
import { resolvePaid } from "../../../src/application/reconcile/resolve-unknown.ts";
import { cancelSubscription } from "../../../src/application/subscriptions/cancel-subscription.ts";
import { skipCycle } from "../../../src/application/subscriptions/skip-cycle.ts";
import { uncancelSubscription, unskipCycle } from "../../../src/application/subscriptions/take-back.ts";
import { BillingError, DatabaseUnusable } from "../../../src/domain/errors.ts";
import type { InvoiceSeen } from "../books-view.ts";
import type { Chance } from "../chance.ts";
import type { Checkers } from "../checks/checkers.ts";
import type { Report } from "../checks/violation.ts";
import type { Wallets } from "../gateway/wallets.ts";
import { describe } from "../machine-log.ts";
import type { Merchant } from "../merchant.ts";
import type { Asked } from "../promises/promised.ts";
import type { Trace } from "../trace.ts";
import type { PersonNeeds } from "./person-needs.ts";
import { resolveNeeds, surelyNothing, type Truth } from "./people-money.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export type SecondThoughts = {
  /** One of them, at this moment. */
  act(): Promise<void>;
};

export function secondThoughts(needs: {
  readonly chance: Chance;
  readonly trace: Trace;
  readonly report: Report;
  readonly merchant: Merchant;
  readonly checkers: Checkers;
  readonly truth: Truth;
  readonly wallets: Pick<Wallets, "defaultCard">;
  /** The process of one command. */
  readonly begin: () => PersonNeeds;
  readonly onAsked: (asked: Asked) => void;
  /** Nobody else works on the books, and the life is not over. */
  readonly mayAct: () => boolean;
  /** Something may be due sooner than expected. */
  readonly planAgain: () => void;
}): SecondThoughts {
  const { chance, trace, report, merchant, checkers, truth, wallets, mayAct } = needs;
  const { ledger, timeline } = truth;

  /** @returns whether it was done; one that dies half-way never answers */
  async function ask(
    about: Pick<Asked, "act" | "subscriptionId" | "invoiceId">,
    command: (person: PersonNeeds) => Promise<unknown>,
  ): Promise<boolean> {
    if (!mayAct()) return false;
    const asked: Asked = { ...about, begunMs: timeline.nowMs(), doneMs: null, answer: null };
    needs.onAsked(asked);
    trace.note(timeline.nowMs(), `person ${about.act}`, `${about.subscriptionId} ${about.invoiceId}`);
    try {
      asked.answer = (await command(needs.begin())) ?? null;
      asked.doneMs = timeline.nowMs();
    } catch (error) {
      // Refused: it has changed nothing. Of what the disk failed under nobody knows.
      if (!(error instanceof DatabaseUnusable)) asked.answer = undefined;
      if (!(error instanceof BillingError)) report("bug", `${about.act} threw ${describe(error)}`);
      trace.note(timeline.nowMs(), `person ${about.act} refused`, error instanceof Error ? error.message : "");
    }
    needs.planAgain();
    return asked.doneMs !== null;
  }

  async function regret(): Promise<void> {
    const { id: subscriptionId } = chance.pick(merchant.subscriptions);
    const about = { subscriptionId, invoiceId: "" };
    const isSkip = chance.happens(0.5);
    const isDone = await ask({ ...about, act: isSkip ? "skip" : "cancel_at_end" }, (person) =>
      isSkip ? skipCycle(person, subscriptionId) : cancelSubscription(person, subscriptionId, { atOnce: false }),
    );
    if (!isDone || chance.happens(0.2)) return;
    const takeBack = (person: PersonNeeds): Promise<unknown> =>
      isSkip ? unskipCycle(person, subscriptionId) : uncancelSubscription(person, subscriptionId);
    timeline.after(
      chance.between(MINUTE_MS, 12 * DAY_MS),
      () => void ask({ ...about, act: isSkip ? "unskip" : "uncancel" }, takeBack),
    );
  }

  function chargeInPanel(): void {
    const owed = [...checkers.invoices.values()].filter(
      ({ status, amountCents }) => (status === "open" || status === "held") && amountCents > 0,
    );
    if (owed.length === 0) return;
    const invoice = chance.pick(owed);
    const isTheSame = chance.happens(0.6);
    const otherCents = chance.between(300, 90_000);
    const laterMs = chance.between(MINUTE_MS, 120 * MINUTE_MS);
    const card = wallets.defaultCard(invoice.customerId);
    if (card === null || card.mood !== "pays") return;
    const { customerId, currency } = invoice;
    const amountCents = isTheSame ? invoice.amountCents : otherCents;
    const { id: sourceId, brand, last4 } = card;
    const nowMs = timeline.nowMs();
    const order = ledger.chargeInPanel({ customerId, currency, amountCents }, nowMs, { sourceId, brand, last4 });
    trace.note(nowMs, "charged in the panel", `${order.id} ${customerId} ${amountCents}`);
    if (isTheSame) timeline.after(laterMs, () => void sayPaid(invoice, order.id));
  }

  /** Of a try whose outcome nobody knows, and which surely charged nothing; or of the invoice itself. */
  async function sayPaid({ id: invoiceId, subscriptionId }: InvoiceSeen, orderId: string): Promise<void> {
    const unknown = [...checkers.attempts.values()].find(
      (each) => each.invoiceId === invoiceId && each.state === "unknown",
    );
    if (unknown === undefined)
      return void (await ask({ act: "mark_paid", subscriptionId, invoiceId }, (person) =>
        markInvoicePaid(person, invoiceId, { why: `panel ${orderId}`, paidAt: person.clock.now() }),
      ));
    if (!surelyNothing(unknown, truth)) return;
    checkers.vouchFor(orderId);
    await ask({ act: "resolve", subscriptionId, invoiceId }, (person) =>
      resolvePaid(resolveNeeds(person), unknown.id, { orderId, why: "simulated", by: "somebody" }),
    );
  }

  return {
    act: async () => {
      if (!mayAct()) return;
      if (chance.happens(0.5)) await regret();
      else chargeInPanel();
    },
  };
}
