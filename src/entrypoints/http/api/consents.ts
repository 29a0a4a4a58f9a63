/** What customers agreed to, and all that a chargeback is answered with. */
import { z } from "zod";
import { recordConsent } from "../../../application/subscriptions/consents.ts";
import { CONSENT_CHANNELS, CONSENT_LIMITS } from "../../../domain/consent.ts";
import { evidenceOf } from "../../../application/subscriptions/evidence.ts";
import { addressHashOf } from "../../digest.ts";
import { evidencePage } from "../../evidence-page.ts";
import { documentOf, PAGE, pageOf } from "./documents.ts";
import { historyRow } from "./documents/billing-views.ts";
import { consentRow } from "./documents/extras.ts";
import { disputeRow, refundDocument, refundRow } from "./documents/invoices.ts";
import { customerRow, planRow, subscriptionRow } from "./documents/subscriptions.ts";
import { changes, reads } from "./endpoint.ts";
import { listed, theDocument, theRow } from "./reading.ts";

const { versionLength, textLength, addressLength } = CONSENT_LIMITS;

const evidence = z.strictObject({
  made_at: z.iso.datetime(),
  subscription: subscriptionRow,
  plan: planRow,
  customer: customerRow.pick({ customer_id: true, name: true, email: true, phone: true }),
  consents: z.array(consentRow),
  charges: z.array(historyRow),
  cancellations: z.array(
    z.strictObject({ at: z.iso.datetime(), type: z.string(), by: z.string().nullable(), text: z.string() }),
  ),
  refunds: z.array(refundRow),
  disputes: z.array(disputeRow),
});

export const CONSENT_ENDPOINTS = [
  reads({
    path: "/v1/subscriptions/{subscription_id}/evidence",
    summary:
      "What a chargeback is answered with: consents, charges, cancellation, refunds. With Accept: text/html a page.",
    commands: ["evidence", "subscriptions evidence"],
    answer: evidence,
    async read({ app, params, language }) {
      const { cancellations, refunds, ...rest } = await evidenceOf(app, params.subscription_id);
      return {
        ...(documentOf(rest) as object),
        cancellations: cancellations.map((each) => ({ ...each, text: each.text[language] })),
        refunds: refunds.map(refundDocument),
      } as never;
    },
    page: async ({ app, params }) => evidencePage(await evidenceOf(app, params.subscription_id)),
  }),
  reads({
    path: "/v1/subscriptions/{subscription_id}/consents",
    summary: "What the customer agreed to, recorded last first.",
    commands: ["consents list"],
    query: PAGE,
    answer: pageOf(consentRow),
    async read({ app, params: { subscription_id: subscriptionId }, query }) {
      await theRow(app.store, "subscriptions", { subscriptionId });
      return await listed(app, "consents", query, { subscriptionId });
    },
  }),
  changes({
    path: "/v1/subscriptions/{subscription_id}/consents",
    summary: "Record that the customer agreed to recurring charges; it is never changed or taken away.",
    commands: ["consents add"],
    scope: "write",
    status: 201,
    body: {
      version: z.string().trim().min(1).max(versionLength).meta({ description: "Of the text, as you count them." }),
      text: z.string().min(1).max(textLength).meta({ description: "All that was shown." }),
      channel: z.enum(CONSENT_CHANNELS),
      consented_at: z.iso.datetime().optional().meta({ description: "Now, if left out." }),
      amount_cents: z
        .int()
        .min(0)
        .max(CONSENT_LIMITS.amountCents)
        .optional()
        .meta({ description: "What was shown; if left out, what a charge comes to by the plan and its own discount." }),
      address: z
        .string()
        .max(addressLength)
        .optional()
        .meta({ description: "It came from there; only its SHA-256 is kept." }),
    },
    answer: consentRow,
    async change({ app, store, params, body, by, made }) {
      const { version, text, channel, consented_at: at, amount_cents: amountCents = null, address } = body;
      const consentedAt = at === undefined ? null : new Date(at);
      const id = app.random.newId("cns", app.clock.now());
      made["consentId"] = id;
      const wish = { id, version, text, channel, consentedAt, amountCents, addressHash: addressHashOf(address) };
      await recordConsent({ ...app, store }, params.subscription_id, wish, by);
    },
    answerOf: (reader, { made }) => theDocument(reader, "consents", { consentId: made["consentId"] ?? "" }),
  }),
];
