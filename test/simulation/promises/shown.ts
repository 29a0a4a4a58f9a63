/**
 * What people are shown is what is so: `needs_attention` names each thing that waits for a person and nothing else, and
 * `status` counts what there is. Asked once a week, and held against the rows as the oracle has seen them.
 */
import type { AttemptSeen, InvoiceSeen } from "../books-view.ts";
import { isChargeOf } from "./debts.ts";
import { named, type Context } from "./promises-of.ts";
import type { AttentionShown } from "./promised.ts";

/** Reasons for which docs/reconciliation.md says what a person does. */
const ADVISED: ReadonlySet<string> = new Set([
  "unknown_outcome",
  "answer_differs",
  "refused",
  "our_fault",
  "daily_limit",
  "catch_up_ask",
  "earlier_unpaid",
]);

/** @returns asked once a week */
export function shownCheck(context: Context): () => Promise<void> {
  const { book, ledger, report, tables } = context;

  /** What is held stands on the list, with a reason that the documentation knows. */
  function checkHeld(invoice: InvoiceSeen, shown: readonly AttentionShown[]): void {
    if (!shown.some((row) => row.kind === "held"))
      report("list", `${named(invoice)} is held, and needs_attention does not show it`);
    if (!ADVISED.has(invoice.statusReason ?? ""))
      report("list", `${named(invoice)} is held, and nothing says what to do about it`);
  }

  /** An uncertain try has a row of its own, and so has a second payment until it went back. */
  function checkAttempt(
    { invoiceId, id, number, state, reference }: AttemptSeen,
    shown: readonly AttentionShown[],
  ): void {
    const own = shown.filter(({ attempt }) => attempt === number);
    if (state === "unknown" && !own.some(({ outcome }) => outcome === "unknown"))
      report("list", `nobody is shown that the outcome of ${reference} is unknown`);
    if (state === "paid_again" && !tables.isGivingBack(id) && !own.some(({ kind }) => kind === "paid_again"))
      report("list", `${reference} paid ${invoiceId} a second time, and nobody is shown it`);
  }

  /** A row that tells what is not so costs a person's morning. */
  function checkRow(row: AttentionShown): void {
    const { kind, invoiceId, attempt: number } = row;
    const invoice = book.invoices.get(invoiceId);
    const attempt = [...book.attemptsOf(invoiceId)].find((each) => each.number === number);
    const isSo: Readonly<Record<string, boolean>> = {
      held: invoice?.status === "held",
      unknown: attempt?.state === "unknown",
      paid_again: attempt?.state === "paid_again",
      paid_after_cancel: attempt?.state === "paid" || attempt?.state === "paid_again",
      waiting: invoice?.status === "open",
      unreadable: invoice !== undefined,
      disputed: invoice !== undefined && wasDisputed(invoice),
    };
    if (isSo[kind] !== true) report("list", `needs_attention shows ${kind} of ${invoiceId}, which is not so`);
  }

  function wasDisputed(invoice: InvoiceSeen): boolean {
    return ledger.charges.some(
      (charge) => isChargeOf(charge, invoice) && charge.history.some(({ status }) => status === "charged_back"),
    );
  }

  function checkCounts(attempts: readonly AttemptSeen[], counts: Awaited<ReturnType<Context["counts"]>>): void {
    const invoices = [...book.invoices.values()];
    const unknown = attempts.filter(({ state }) => state === "unknown");
    const held = invoices.filter(({ status }) => status === "held");
    const wanted: readonly (readonly [what: string, is: unknown, shown: unknown])[] = [
      ["unknown", unknown.length, counts.unknown.count],
      ["the oldest unknown", earliest(unknown.map(({ sentAt }) => sentAt)), iso(counts.unknown.oldestAt)],
      ["held", held.length, counts.held.count],
      ["the oldest held", earliest(held.map(({ openedAt }) => openedAt)), iso(counts.held.oldestAt)],
      [
        "subscriptions",
        grouped([...book.subscriptions.values()].map(({ status }) => status)),
        told(counts.subscriptions),
      ],
      ["invoices", grouped(invoices.map(({ status }) => status)), told(counts.invoices)],
      ["attempts", grouped(attempts.map(({ state }) => state)), told(counts.attempts)],
      ["disputes", tables.openDisputes(), counts.disputes.count],
    ];
    for (const [what, is, shown] of wanted)
      if (is !== shown) report("counts", `status shows ${what} as ${String(shown)}, and it is ${String(is)}`);
    const again = attempts.filter(({ state, id }) => state === "paid_again" && !tables.isGivingBack(id));
    if (counts.paidAgain < again.length)
      report("counts", `status counts ${counts.paidAgain} second payments, and there are ${again.length}`);
  }

  return async () => {
    const rows = await context.attention();
    const byInvoice = Map.groupBy(rows, ({ invoiceId }) => invoiceId);
    const attempts = [...book.byReference.values()];
    for (const id of book.unsettled) {
      const invoice = book.invoices.get(id);
      if (invoice?.status === "held") checkHeld(invoice, byInvoice.get(id) ?? []);
    }
    for (const attempt of attempts) checkAttempt(attempt, byInvoice.get(attempt.invoiceId) ?? []);
    for (const row of rows) checkRow(row);
    checkCounts(attempts, await context.counts());
  };
}

function grouped(words: readonly string[]): string {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return told(counts);
}

/** A word that is not there counts as 0. */
function told(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([word, count]) => `${word} ${count}`)
    .toSorted()
    .join(", ");
}

function earliest(instants: readonly (Date | null)[]): string {
  const known = instants.flatMap((at) => (at === null ? [] : [at.getTime()]));
  return known.length === 0 ? "none" : new Date(Math.min(...known)).toISOString();
}

function iso(at: Date | null): string {
  return at?.toISOString() ?? "none";
}
