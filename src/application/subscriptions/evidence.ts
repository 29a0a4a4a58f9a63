/**
 * The evidence about a subscription, for an answer to a chargeback: what the customer agreed to, each charge, how it was
 * canceled, what went back. Reads only, by the listings that people read; no card but its last digits is in it.
 */
import { NotFound } from "../../domain/errors.ts";
import type { Text } from "../../domain/language.ts";
import type { DeclineText } from "../../domain/decline.ts";
import { said } from "../../domain/refusals.ts";
import { recordIn, wordIn } from "../../explain/event-data.ts";
import { eventText } from "../../explain/event-sentences.ts";
import type { HistoryRow } from "../ports/listings/billing-views.ts";
import type { EventRow } from "../ports/listings/events.ts";
import type { ConsentRow } from "../ports/listings/extras.ts";
import type { DisputeRow, RefundRow } from "../ports/listings/invoices.ts";
import type { CustomerRow, PlanRow, SubscriptionRow } from "../ports/listings/subscriptions.ts";
import type { RefundRecords } from "../ports/refunds.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { listConsents } from "./consents.ts";

/** @property by the name of a key or a program that asked for it; null: the text tells what is known */
export type Cancellation = {
  readonly at: string;
  readonly type: string;
  readonly by: string | null;
  readonly text: Text;
};

/** Each list has the oldest first. */
export type Evidence = {
  readonly madeAt: string;
  readonly subscription: SubscriptionRow;
  readonly plan: PlanRow;
  readonly customer: Pick<CustomerRow, "customerId" | "name" | "email" | "phone">;
  readonly consents: readonly ConsentRow[];
  /** Every attempt, whatever became of it. */
  readonly charges: readonly HistoryRow[];
  readonly cancellations: readonly Cancellation[];
  readonly refunds: readonly RefundRow[];
  readonly disputes: readonly DisputeRow[];
};

type Needs = {
  readonly store: Pick<Store, "list"> & { readonly refunds: Pick<RefundRecords, "list"> };
  readonly clock: Clock;
};

/** @throws {NotFound} */
export async function evidenceOf({ store, clock }: Needs, subscriptionId: string): Promise<Evidence> {
  const where = { subscriptionId };
  const consents = await listConsents(store, subscriptionId);
  const [subscription] = await store.list("subscriptions", { where });
  const [plan] = await store.list("plans", { where: { planId: subscription?.planId } });
  const [customer] = await store.list("customers", { where: { customerId: subscription?.customerId } });
  if (subscription === undefined || plan === undefined || customer === undefined)
    throw new NotFound(said("no_subscription", { id: subscriptionId }));
  const charges = (await store.list("history", { where })).toReversed();
  const refunds: RefundRow[] = [];
  for (const invoiceId of new Set(charges.map((charge) => charge.invoiceId)))
    refunds.push(...(await store.refunds.list({ invoiceId })));
  const events = await store.list("events", { where });
  const disputes = await store.list("disputes", { where });
  const { customerId, name, email, phone } = customer;
  return {
    ...{ madeAt: clock.now().toISOString(), subscription, plan, customer: { customerId, name, email, phone } },
    consents: consents.toReversed(),
    charges,
    cancellations: events.flatMap((event) => cancellationOf(event, subscription.timeZone)),
    refunds: refunds.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
    disputes: disputes.toSorted((a, b) => (a.openedAt < b.openedAt ? -1 : 1)),
  };
}

const CANCELLING = ["subscription.cancel_scheduled", "subscription.uncanceled", "subscription.canceled"];
const NO_DECLINE: DeclineText = () => null;

function cancellationOf({ at, type, data }: EventRow, timeZone: string): readonly Cancellation[] {
  if (!CANCELLING.includes(type)) return [];
  const actor = recordIn(data, "actor");
  const story = { at: new Date(at), data, attempt: null, invoice: null, timeZone, declineText: NO_DECLINE };
  return [{ at, type, by: actor === null ? null : wordIn(actor, "name"), text: eventText(type, story) }];
}
