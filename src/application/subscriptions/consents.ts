/** Records what a customer agreed to, with what one charge comes to at that time; and tells what was recorded. */
import { type Consent, mustBeConsent } from "../../domain/consent.ts";
import { contentOf, NOTHING_WAITS } from "../../domain/invoice-content.ts";
import { said } from "../../domain/refusals.ts";
import { NotFound } from "../../domain/errors.ts";
import type { ConsentRow } from "../ports/listings/extras.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { subscriptionAndPlan } from "./bring-up-to-date.ts";

/** @property id made by whoever asks, who reads it back by it */
export type ConsentWish = Pick<Consent, "id" | "version" | "text" | "channel" | "addressHash"> & {
  /** Null: now. */
  readonly consentedAt: Date | null;
  /** What was shown; null: what a charge comes to by the plan and the subscription's own discount. */
  readonly amountCents: number | null;
};

/** @throws {NotFound} @throws {InputInvalid} with every fault */
export async function recordConsent(
  { store, clock }: { readonly store: Pick<Store, "write">; readonly clock: Clock },
  subscriptionId: string,
  { consentedAt, amountCents, ...wish }: ConsentWish,
  by: string,
): Promise<void> {
  const now = clock.now();
  await store.write(now, async (records) => {
    const { subscription, plan } = await subscriptionAndPlan(records, subscriptionId);
    const at = consentedAt ?? now;
    const opened = { invoiceId: "", cycle: subscription.nextCycle, at };
    const consent: Consent = {
      ...{ subscriptionId, ...wish },
      amountCents: amountCents ?? contentOf({ ...subscription, plan }, opened, NOTHING_WAITS).frozen.amountCents,
      ...{ currency: plan.currency, interval: plan.interval, frequency: plan.frequency },
      ...{ consentedAt: at, recordedBy: by, createdAt: now },
    };
    mustBeConsent(consent, now);
    records.addConsent(consent);
    const { id: consentId, version, channel } = consent;
    const data = { consentId, version, channel, consentedAt: at.toISOString(), by };
    const { customerId } = subscription;
    records.record({ type: "subscription.consent_recorded", subscriptionId, customerId, data });
  });
}

/** All of a subscription, recorded last first. @throws {NotFound} */
export async function listConsents(store: Pick<Store, "list">, subscriptionId: string): Promise<readonly ConsentRow[]> {
  const [subscription] = await store.list("subscriptions", { where: { subscriptionId } });
  if (subscription === undefined) throw new NotFound(said("no_subscription", { id: subscriptionId }));
  return await store.list("consents", { where: { subscriptionId } });
}
