/**
 * A healthy light means that everything due was tried: whenever it was not, a run leaves a red one.
 *
 * Judged twice. After each run by the tables: what was due when it began, waited for nothing and was not tried, beside a
 * green light. Each day by what the oracle saw: an invoice that three green runs in a row left due.
 */
import type { InvoiceSeen } from "../books-view.ts";
import type { Light } from "./promised.ts";
import { HOUR_MS, named, sicknessAround, waitsAmong, waitsFor, type Context } from "./promises-of.ts";

const PATIENCE_MS = 2 * HOUR_MS;
/** Green runs in a row that left it untried. */
const MOST_GREEN = 3;

export type LightCheck = {
  /** A run begins. @returns judges it by the light that it leaves */
  begins(): (light: Light) => void;
  daily(): void;
};

export function lightCheck(context: Context): LightCheck {
  const { book, report, world } = context;
  /** The last runs, the newest last. */
  let lights: Light[] = [];
  /** Since when nothing but a run has been missing. */
  const free = new Map<string, number>();

  /** Due by the tables, with no charge under way and nothing earlier to wait for. */
  function freeNow(): InvoiceSeen[] {
    const { tables } = context;
    return tables
      .due()
      .filter(
        (invoice) =>
          tables.attemptsOf(invoice.id).every(({ settledAt }) => settledAt !== null) &&
          waitsAmong(invoice, tables.cyclesOf(invoice.subscriptionId), (id) => tables.attemptsOf(id)) === null,
      );
  }

  /** One charge of a customer at a time: another of theirs may have been left under way. */
  function isUnderWay(customerId: string): boolean {
    const { tables } = context;
    return context
      .orders()
      .filter((order) => order.customerId === customerId)
      .flatMap(({ id }) => tables.cyclesOf(id))
      .some(({ id }) => tables.attemptsOf(id).some(({ state }) => state === "sending" || state === "claimed"));
  }

  /** Changes when it is tried, or put off. */
  function triesOf({ id, nextAttemptAt }: InvoiceSeen): string {
    return `${context.tables.attemptsOf(id).length} ${nextAttemptAt?.toISOString()}`;
  }

  function around({ isBreakerOpen }: Light, { customerId }: InvoiceSeen): string {
    return `${isBreakerOpen ? "; the breaker is open" : ""}${sicknessAround(context, customerId)}`;
  }

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
    begins: () => {
      const lies = context.lyingThere();
      const before = new Map(freeNow().map((invoice) => [invoice.id, triesOf(invoice)]));
      return (light) => {
        lights.push(light);
        if (lights.length > 200) lights = lights.slice(-100);
        if (light.isGreen && !light.hasBeaten) report("light", "a run ended green, and no heartbeat told of it");
        const isWell = light.isGreen || light.hasBeaten;
        const stillLies = context.lyingThere().find((what) => lies.includes(what));
        if (isWell && stillLies !== undefined)
          report("light", `${stillLies} cannot be read or written, and a run beside it ended green`);
        if (!isWell || before.size === 0 || !world.isClockRight) return;
        const left = freeNow().find(
          (invoice) => before.get(invoice.id) === triesOf(invoice) && !isUnderWay(invoice.customerId),
        );
        if (left !== undefined)
          report("light", `${named(left)} was due, a run did not try it, and ended green${around(light, left)}`);
      };
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
