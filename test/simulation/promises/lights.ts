/**
 * A healthy light means that everything due was tried: whenever it was not, a run leaves a red one.
 *
 * A run that ends green with an invoice overdue may be catching up; the second one must not.
 */
import type { InvoiceSeen } from "../books-view.ts";
import type { Light } from "./promised.ts";
import { HOUR_MS, named, sicknessAround, waitsFor, type Context } from "./promises-of.ts";

const PATIENCE_MS = 2 * HOUR_MS;
/** Green runs in a row that left it untried. */
const MOST_GREEN = 3;

export type LightCheck = {
  ticked(light: Light): void;
  daily(): void;
};

export function lightCheck(context: Context): LightCheck {
  const { book, report, world } = context;
  /** The last runs, the newest last. */
  let lights: Light[] = [];
  /** Since when nothing but a run has been missing. */
  const free = new Map<string, number>();

  function isFree(invoice: InvoiceSeen): boolean {
    const at = invoice.nextAttemptAt;
    if (at === null || invoice.status !== "open" || context.nowMs() < at.getTime()) return false;
    for (const { settledAt } of book.attemptsOf(invoice.id)) if (settledAt === null) return false;
    return waitsFor(context, invoice) === null;
  }

  function checkUntried(invoice: InvoiceSeen): void {
    const at = invoice.nextAttemptAt;
    if (at === null || !isFree(invoice)) return void free.delete(invoice.id);
    const sinceMs = Math.max(at.getTime(), free.get(invoice.id) ?? context.nowMs());
    free.set(invoice.id, sinceMs);
    const recent = lights.filter(({ atMs }) => atMs > sinceMs + PATIENCE_MS);
    const trailing = recent.slice(-MOST_GREEN);
    if (trailing.length < MOST_GREEN || !trailing.every(({ isGreen }) => isGreen)) return;
    const order = context.orderOf(invoice.subscriptionId);
    const isBreakerOpen = trailing.every((light) => light.isBreakerOpen);
    report(
      "light",
      `${named(invoice)} of ${order?.customerId} is due since ${at.toISOString()}, and ${MOST_GREEN} runs ended green` +
        `${isBreakerOpen ? "; the breaker is open" : ""}${sicknessAround(context, invoice.customerId)}`,
    );
  }

  return {
    ticked: (light) => {
      lights.push(light);
      if (lights.length > 200) lights = lights.slice(-100);
    },
    daily: () => {
      // A wrong clock sees other dates, and a lost backup others still.
      if (!world.isClockRight || world.hasForgotten) return;
      for (const id of book.unsettled) {
        const invoice = book.invoices.get(id);
        if (invoice !== undefined) checkUntried(invoice);
      }
    },
  };
}
