/**
 * Which of the charges that are due the checks before a charge would keep from being made, as far as the books tell.
 *
 * Nothing is written, and Conekta is not asked: a run reads a customer without a usable card again first, and may find
 * that there is one by now.
 */
import { SMALLEST_BUDGET } from "../../domain/dunning/check-before-charge.ts";
import { moveAfterCheck } from "../charging/check-due.ts";
import type { ListRow } from "../ports/listings.ts";
import type { InvoiceTransition } from "../ports/store.ts";
import type { NotCharged, PreviewedCharge } from "./preview.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";

const ALL = 100_000;

/** @returns the charges that would not be made, each with its reason; the others would */
export async function stoppedByChecks(
  needs: SettleNeeds,
  charges: readonly PreviewedCharge[],
  now: Date,
): Promise<ReadonlyMap<PreviewedCharge, NotCharged>> {
  const moves = await movesOf(needs, now);
  const failing = await firstFailingCycles(needs);
  const customers = new Map((await needs.store.list("customers", {})).map((row) => [String(row["customerId"]), row]));
  const stopped = new Map<PreviewedCharge, NotCharged>();
  for (const charge of charges) {
    const move = moves.get(charge.invoiceId ?? "");
    const failingCycle = failing.get(charge.subscriptionId) ?? Infinity;
    const because =
      move === undefined
        ? !charge.missed && failingCycle < charge.cycle
          ? "earlier_unpaid"
          : charge.invoiceId === null
            ? withoutCard(customers.get(charge.customerId), now)
            : null
        : reasonOf(move);
    if (because !== null)
      stopped.set(charge, { ...charge, because, until: move?.invoice.nextAttemptAt?.toISOString() ?? null });
  }
  return stopped;
}

/** Decided as a run would, under the lock that it takes for it, and left undone. */
async function movesOf(needs: SettleNeeds, now: Date): Promise<ReadonlyMap<string, InvoiceTransition>> {
  const { store, policies } = needs;
  const holding = [...policies.values()].filter(({ laterCycles }) => laterCycles === "hold").map(({ name }) => name);
  const due = await store.dueChecks(now, { after: "", limit: ALL, smallestBudget: SMALLEST_BUDGET, holding });
  const moves = new Map<string, InvoiceTransition>();
  if (due.length === 0) return moves;
  const ids = due.map(({ invoiceId }) => invoiceId);
  await store.applyTransitions(ids, now, (facts) => {
    const move = moveAfterCheck(needs, facts, now);
    if (move !== null) moves.set(facts.invoice.id, move);
    return null;
  });
  return moves;
}

function reasonOf({ failure, rule, invoice }: InvoiceTransition): string {
  return failure?.failureCode ?? rule?.name ?? invoice.statusReason ?? "postponed";
}

/** Later invoices of a subscription wait for one that is failing, held or uncertain. */
async function firstFailingCycles({ store }: SettleNeeds): Promise<ReadonlyMap<string, number>> {
  const first = new Map<string, number>();
  const note = (row: ListRow): void => {
    const [subscriptionId, cycle] = [String(row["subscriptionId"]), Number(row["cycle"])];
    first.set(subscriptionId, Math.min(cycle, first.get(subscriptionId) ?? Infinity));
  };
  for (const row of await store.list("dunning", {})) note(row);
  for (const row of await store.list("invoices", { where: { status: "held" } }))
    if (row["statusReason"] !== "catch_up_ask") note(row);
  for (const outcome of ["unknown", "pending"])
    for (const row of await store.list("history", { where: { outcome } })) note(row);
  return first;
}

/** Of an invoice that is not open yet, so that the store cannot be asked about it. */
function withoutCard(customer: ListRow | undefined, now: Date): string | null {
  if (customer === undefined || customer["paymentSourceId"] === null) return "no_default_card";
  const { cardExpYear: year, cardExpMonth: month } = customer;
  if (typeof year !== "number" || typeof month !== "number") return null;
  return Date.UTC(year, month, 1) <= now.getTime() ? "card_expired" : null;
}
