/**
 * What dunning promises, asked when a card's charge leaves: no payment link of the invoice is open, the card was never
 * declined for good, its network allows another try, and no earlier invoice is to be paid first.
 *
 * Held against the gateway's ledger. A decline counts from when it is in the books: before, nobody could know it.
 */
import { isOpen } from "../../../src/domain/attempt.ts";
import type { ChargeIntent } from "../../../src/application/ports/gateway.ts";
import type { StoredCard } from "../gateway/wallets.ts";
import { isPageOpen, statusOf, type Ledger, type LedgerCharge } from "../ledger.ts";
import type { FindSent, Sent } from "./send-check.ts";
import type { Report } from "./violation.ts";
import { cycleOf } from "../promises/debts.ts";

const HOUR_MS = 3_600_000;

/** Declines after which a card is not tried again for the same invoice, unless a person wants it. */
const FOR_GOOD: ReadonlySet<string> = new Set(["new_card", "customer_action", "never_again"]);

/** What its network allows, and within how many hours. */
const LIMITS: Readonly<Record<string, readonly (readonly [reattempts: number, hours: number])[]>> = {
  visa: [[15, 720]],
  mastercard: [
    [10, 24],
    [35, 720],
  ],
};
const STRICTEST = [...(LIMITS["visa"] ?? []), ...(LIMITS["mastercard"] ?? [])];

export function dunningCheck(needs: {
  readonly ledger: () => Ledger;
  readonly report: Report;
  readonly find: FindSent;
  readonly defaultCard: (customerId: string) => StoredCard | null;
  readonly nowMs: () => number;
  /** When the books last took in another card of the customer; 0: never. */
  readonly cardChangedMs: (customerId: string) => number;
  /** Budgets are counted by the machine's clock. */
  readonly isClockRight: boolean;
  /** A person asked for another try of the invoice. */
  readonly isTouched: (invoiceId: string) => boolean;
}): (sent: Sent, intent: ChargeIntent) => Promise<void> {
  const { report, find, nowMs } = needs;

  /** Declines of our charges with this card that the books knew when the attempt was claimed. */
  async function knownDeclines(charges: readonly LedgerCharge[], claimedAt: Date): Promise<LedgerCharge[]> {
    const known: LedgerCharge[] = [];
    for (const charge of charges) {
      const attempt = (await find(charge.reference))?.attempt;
      if (attempt?.state !== "declined" || attempt.settledAt === null || attempt.settledAt > claimedAt) continue;
      if (attempt.paymentSourceId === charge.card?.sourceId) known.push(charge);
    }
    return known;
  }

  async function checkCard({ attempt, invoice }: Sent, intent: ChargeIntent): Promise<void> {
    const card = needs.defaultCard(intent.customerId);
    // The gateway charges another card than the books know of: nobody could tell what it was.
    if (card === null || card.id !== attempt.paymentSourceId) return;
    const declined = (needs.ledger().byCard.get(card.id) ?? []).filter(
      (charge) => !charge.isOfPage && statusOf(charge) === "declined",
    );
    const isOfInvoice = (charge: LedgerCharge): boolean => cycleOf(charge) === cycleOf(intent);

    const forbidding = declined.filter(({ declineClass }) => declineClass === "never_again");
    const [forbidden] = await knownDeclines(forbidding, attempt.claimedAt);
    if (forbidden !== undefined)
      report("dunning", `${intent.reference} charges ${card.id}, which was declined for good (${forbidden.reference})`);

    const [last] = declined.filter(isOfInvoice).slice(-1);
    const isForGood = last !== undefined && FOR_GOOD.has(last.declineClass ?? "") && !madeWayForCard(last, intent);
    if (isForGood && !needs.isTouched(invoice.id))
      if ((await knownDeclines([last], attempt.claimedAt)).length > 0)
        report(
          "dunning",
          `${intent.reference} charges ${card.id} again, after ${last.failureCode} on ${last.reference}${returned(last)}`,
        );

    if (needs.isClockRight && declined.some(isOfInvoice)) await checkBudget(card, declined, attempt.claimedAt, intent);
  }

  /** A page was closed for another card, which is gone: what is tried after it is whichever card is the default then. */
  function madeWayForCard({ history }: LedgerCharge, intent: ChargeIntent): boolean {
    const declinedMs = history[0]?.atMs ?? 0;
    const pages = needs.ledger().pages.get(cycleOf(intent)) ?? [];
    const hadPage = pages.some(({ createdAtMs }) => createdAtMs > declinedMs);
    return hadPage && needs.cardChangedMs(intent.customerId) > declinedMs;
  }

  /** Another card was tried for the invoice since then. */
  function returned(last: LedgerCharge): string {
    const { charges } = needs.ledger();
    const later = charges.slice(charges.indexOf(last) + 1);
    const isOther = later.some(
      (each) => cycleOf(each) === cycleOf(last) && each.card?.sourceId !== last.card?.sourceId,
    );
    return isOther ? "; it came back after another card" : "";
  }

  async function checkBudget(
    card: StoredCard,
    declined: readonly LedgerCharge[],
    claimedAt: Date,
    { reference }: ChargeIntent,
  ): Promise<void> {
    // Of a charge that the books hold for another card's nobody knows that the next one is a reattempt.
    const known = await knownDeclines(declined, claimedAt);
    const first = new Set<string>();
    const again = known.filter((charge) => first.has(cycleOf(charge)) || !first.add(cycleOf(charge)));
    for (const [reattempts, hours] of LIMITS[card.brand] ?? STRICTEST) {
      const recent = again.filter(({ history }) => nowMs() - (history[0]?.atMs ?? 0) < (hours - 1) * HOUR_MS);
      if (recent.length >= reattempts)
        report("dunning", `${reference} tries ${card.id} again, after ${recent.length} times within ${hours} hours`);
    }
  }

  return async (sent, intent) => {
    const { invoice, siblings, waits, attempt } = sent;
    const link = siblings.find(({ flow, state }) => flow === "link" && isOpen(state));
    if (link !== undefined)
      report("I1", `${intent.reference} was sent while the payment link ${link.reference} is ${link.state}`);
    for (const page of needs.ledger().pages.get(cycleOf(intent)) ?? [])
      if (page.page?.isKnown && isPageOpen(page))
        report("I1", `${intent.reference} was sent while the customer may pay on the page ${page.id}`);
    const isOlder = (waits?.firstDeclinedAt?.getTime() ?? Infinity) < attempt.claimedAt.getTime();
    if (waits !== null && isOlder && !needs.isTouched(invoice.id) && !needs.isTouched(waits.id))
      report("dunning", `${intent.reference} was sent while the earlier invoice ${waits.id} is to be paid first`);
    await checkCard(sent, intent);
  };
}
