/**
 * What `run --dry-run` names is what the next run does: the same invoices, for the same amounts.
 *
 * It asks nobody, as the documentation says: so a customer whose card changed at the gateway, who has none there, or who was
 * declined in this very run, is not judged, nor is a run in which a person gave a command, nor what waits for the outcome
 * of an earlier cycle, which the run asks for first. Nor is a customer of whom another charge is under way, as where its
 * outcome could not be written: the preview takes it for sent, and the run leaves them alone for as long as it is claimed.
 */
import type { LedgerCharge } from "../ledger.ts";
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import { DAY_MS, waitsAmong, type Context } from "./promises-of.ts";
import type { Light, Preview, PreviewedCharge } from "./promised.ts";
import { cycleOf } from "./debts.ts";

/** @returns begins with a preview, and judges the run that came after it */
export function previewCheck(context: Context): (preview: Preview) => (light: Light) => void {
  const { asked, ledger, report, world } = context;

  return (preview) => {
    const begunMs = context.nowMs();
    const chargedBefore = ledger.charges.length;
    const due = new Set(context.tables.due().map(({ id }) => id));
    const waited = new Set(context.orders().flatMap((order) => waiting(order, due)));
    const claimed = customersClaimed(begunMs);
    const shown = new Map(context.orders().map(({ customerId }) => [customerId, context.cardShown(customerId)]));

    return ({ isGreen }) => {
      if (!world.isCalm || preview.haltReason !== null || asked.isAnyBetween(begunMs, context.nowMs())) return;
      const made = ledger.charges.slice(chargedBefore).filter(({ isOfPage }) => !isOfPage);
      const declined = new Set(
        made.filter(({ failureCode }) => failureCode !== null).map(({ customerId }) => customerId),
      );
      const wanted = new Map(preview.wouldCharge.map((each) => [keyOf(each), each]));
      const done = new Set(made.map(keyOf));
      // Of a limit of the run one that could not be charged leaves the others more.
      const isRoomLeft = world.hasRunLimit && preview.wouldCharge.some((each) => !done.has(keyOf(each)));
      for (const charge of made) {
        const { subscriptionId, cycle, amountCents, card } = charge;
        const named = wanted.get(keyOf(charge));
        const payer = charge.customerId;
        if (named !== undefined && named.amountCents !== amountCents)
          report("preview", `cycle ${cycle} of ${subscriptionId}: ${named.amountCents} shown, ${amountCents} charged`);
        // The run may learn from the gateway that a page is over, or that another charge failed.
        if (waited.has(keyOf(charge)) || isRoomLeft) continue;
        if (named === undefined && shown.get(payer) === card?.sourceId && !isOften(payer) && !declined.has(payer))
          report("preview", `cycle ${cycle} of ${subscriptionId} was charged, and the preview did not name it`);
      }
      for (const each of isGreen ? preview.wouldCharge : [])
        if (
          !done.has(keyOf(each)) &&
          !declined.has(each.customerId) &&
          !claimed.has(each.customerId) &&
          isAsShown(each.customerId)
        )
          report("preview", `cycle ${each.cycle} of ${each.subscriptionId} was named, and the run did not charge it`);

      function isAsShown(customerId: string): boolean {
        const card = context.cardOf(customerId);
        return card !== null && card.id === shown.get(customerId) && !context.sick.has(customerId);
      }
    };
  };

  /** Of whom a charge is claimed or being sent, and not abandoned. */
  function customersClaimed(nowMs: number): ReadonlySet<string> {
    const { tables } = context;
    const isClaimed = ({ state, claimedUntil }: AttemptSeen): boolean =>
      (state === "claimed" || state === "sending") && claimedUntil.getTime() > nowMs;
    const theirs = context
      .orders()
      .filter((order) => tables.cyclesOf(order.id).some(({ id }) => tables.attemptsOf(id).some(isClaimed)));
    return new Set(theirs.map(({ customerId }) => customerId));
  }

  /** Cycles that have an invoice which is not due. */
  function waiting({ id: subscriptionId }: { readonly id: string }, due: ReadonlySet<string>): string[] {
    return context.tables
      .cyclesOf(subscriptionId)
      .filter((invoice) => !due.has(invoice.id) || waitsForAnswer(invoice, due))
      .map(({ cycle, id }) => cycleOf({ subscriptionId, cycle, invoiceId: id }));
  }

  /**
   * Behind an earlier cycle that is not due either: cash that is found on its page frees it, or a card that is read and was never
   * tried for it.
   */
  function waitsForAnswer(invoice: InvoiceSeen, due: ReadonlySet<string>): boolean {
    const { tables } = context;
    const earlier = waitsAmong(invoice, tables.cyclesOf(invoice.subscriptionId), (id) => tables.attemptsOf(id));
    if (earlier === null) return false;
    return !due.has(earlier.id) || tables.attemptsOf(earlier.id).some(({ settledAt }) => settledAt === null);
  }

  /** What came to the end of its day within the run is charged by it, too. */
  function isOften(customerId: string): boolean {
    const sinceMs = context.nowMs() - DAY_MS - 60_000;
    const sent = ledger.charges.filter(
      (charge) => charge.customerId === customerId && (charge.history[0]?.atMs ?? 0) > sinceMs,
    );
    return sent.length >= world.maxChargesPerCustomerPerDay;
  }
}

/** What is of no cycle has its invoice before a run. */
function keyOf({ subscriptionId, cycle, invoiceId }: LedgerCharge | PreviewedCharge): string {
  return cycleOf({ subscriptionId, cycle, invoiceId: invoiceId ?? "" });
}
