/** What every database does with consents; nobody gives one to the store in memory. */
import { expect, test } from "@jest/globals";
import type { Store } from "../../src/application/ports/store.ts";
import type { Consent } from "../../src/domain/consent.ts";
import { fill, later, NOW, subscriptionOf } from "../support/records.ts";

export const CONSENT: Consent = {
  ...{ id: "cns_1", subscriptionId: "a", version: "2026-02", text: "Acepto cargos de $200.15 cada mes." },
  ...{ amountCents: 20015, currency: "MXN", interval: "month", frequency: 1, channel: "web" },
  ...{ consentedAt: later(-1), recordedBy: "ana", addressHash: null, createdAt: NOW },
};

export function consentConformance(
  name: string,
  open: () => Promise<{ readonly store: Store; close(): Promise<void> }>,
): void {
  test(`${name}: a consent is kept as it was shown, and it is known whose it is`, async () => {
    const opened = await open();
    const { store } = opened;
    await fill(store, { subscriptions: [subscriptionOf("a"), subscriptionOf("b", { customerId: "cus_a" })] });
    await store.write(NOW, async (records) => {
      records.addConsent(CONSENT);
      expect([await records.hasPast("a"), await records.hasPast("b")]).toEqual([true, false]);
    });
    const { id: consentId, ...rest } = CONSENT;
    const instants = { consentedAt: later(-1).toISOString(), createdAt: NOW.toISOString() };
    expect(await store.list("consents", { where: { subscriptionId: "a" } })).toEqual([
      { ...rest, consentId, amount: 200.15, ...instants },
    ]);
    expect(await store.list("consents", { where: { subscriptionId: "b" } })).toEqual([]);
    await opened.close();
  });
}
