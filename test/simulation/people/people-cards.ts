/** What people do about cards and payment links, by the real commands. */
import {
  addCard,
  importCustomer,
  changeDefaultCard,
  removeCard,
} from "../../../src/application/customers/customers.ts";
import { cancelLink, linkInvoice } from "../../../src/application/invoices/link-invoice.ts";
import { CircuitBreaker } from "../../../src/application/settling/circuit-breaker.ts";
import { PAYMENT_METHODS } from "../../../src/domain/attempt.ts";
import type { Chance } from "../chance.ts";
import type { Checkers } from "../checks/checkers.ts";
import { TIMEOUT_MS } from "../gateway/station.ts";
import { resolveNeeds } from "./people-money.ts";
import type { PersonNeeds } from "./person-needs.ts";

const DAY_MS = 86_400_000;

/** Adds a card, makes one the default, or removes one. */
export async function changeCardsAsPerson(needs: PersonNeeds, chance: Chance, customerId: string): Promise<void> {
  const act = chance.weighted({ add: 5, add_only: 1, choose: 2, remove: 1, adopt: 2 });
  if (act === "adopt") return void (await importCustomer(needs, customerId));
  if (act === "add" || act === "add_only") {
    const { id } = await addCard(needs, customerId, { tokenId: "tok_simulated" });
    if (act === "add") await changeDefaultCard(needs, customerId, id);
    return;
  }
  const sources = await needs.gateway.listPaymentSources(customerId);
  if (sources.length === 0) return;
  const { id } = chance.pick(sources);
  if (act === "choose") await changeDefaultCard(needs, customerId, id);
  else await removeCard(needs, customerId, id);
}

export async function linkAsPerson(needs: PersonNeeds, chance: Chance, invoiceId: string): Promise<void> {
  const methods = chance.happens(0.6) ? PAYMENT_METHODS : [chance.pick(PAYMENT_METHODS)];
  const expiresAt = new Date(needs.clock.now().getTime() + Math.round((0.1 + chance.fraction() * 5) * DAY_MS));
  const { gateway, sweep: records, inbox } = needs;
  const fence = { sweep: { lister: gateway, records, inbox, flow: "single" as const }, webhooks: { orders: gateway } };
  await linkInvoice(
    { ...linkNeeds(needs), ...fence },
    { invoiceId, methods, expiresAt, by: "somebody", leaseMs: 120_000 },
  );
}

/** Of an invoice that has one, as far as the person has seen. */
export async function cancelLinkAsPerson(needs: PersonNeeds, chance: Chance, checkers: Checkers): Promise<void> {
  const open = [...checkers.attempts.values()].filter(({ flow, state }) => flow === "link" && state === "pending");
  if (open.length === 0) return;
  const { invoiceId } = chance.pick(open);
  const limits = { concurrency: 1, timeoutMs: TIMEOUT_MS, pendingMaxHours: 72 };
  await cancelLink(linkNeeds(needs), limits, { invoiceId, by: "somebody" });
}

function linkNeeds(needs: PersonNeeds) {
  return { ...resolveNeeds(needs), gateway: needs.gateway, breaker: new CircuitBreaker() };
}
