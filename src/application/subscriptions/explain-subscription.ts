/** Explain a subscription: what happened and why, and what happens next. Reads only; a crash leaves nothing behind. */
import { NotFound } from "../../domain/errors.ts";
import { explain, type Explanation } from "../../explain/explain.ts";
import type { DeclineText } from "../../domain/decline.ts";
import { outlookRules, type OutlookNeeds } from "../charging/outlook-rules.ts";
import type { StoryRecords } from "../ports/explain.ts";
import type { Clock } from "../ports/runtime.ts";
import { said } from "../../domain/refusals.ts";

/** @throws {NotFound} no such subscription, or the invoice is none of its */
export async function explainSubscription(
  needs: OutlookNeeds & {
    readonly records: StoryRecords;
    readonly clock: Clock;
    readonly declineText: DeclineText;
  },
  { subscriptionId, invoiceId }: { readonly subscriptionId: string; readonly invoiceId: string | null },
): Promise<Explanation> {
  const { records, clock, declineText } = needs;
  const now = clock.now();
  const facts = await records.factsOf(subscriptionId, now);
  if (facts === null)
    throw new NotFound(said("no_subscription", { id: subscriptionId }), {
      mend: { do: "list", what: "subscriptions" },
    });
  if (invoiceId !== null && !facts.invoices.some(({ id }) => id === invoiceId))
    throw new NotFound(said("no_invoice_of", { subscriptionId, invoiceId }), {
      mend: { do: "list_invoices_of", subscriptionId },
    });
  return explain(facts, declineText, await outlookRules(needs, now), now, invoiceId);
}
