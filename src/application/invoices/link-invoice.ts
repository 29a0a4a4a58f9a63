/**
 * A person's payment link: made, or closed, at once. Neither charges a card.
 *
 * A crash leaves a request without a link, or an attempt of one that the daemon looks for; a closing goes on by itself.
 */
import { hasPage } from "../../domain/ways-to-pay.ts";
import { NotFound, Refused } from "../../domain/errors.ts";
import type { FenceNeeds } from "../run/restore-fence.ts";
import { mustBeFreeToCollect } from "../run/person-fence.ts";
import { invoiceToChange } from "./change-invoice.ts";
import { openPaymentLink, type LinkNeeds, type LinkOrder } from "../dunning/open-payment-link.ts";
import type { Settled } from "../ports/charging.ts";
import { inquireAboutOne, type InquiryLimits } from "../charging/inquire-due.ts";
import { said } from "../../domain/refusals.ts";

export type LinkRequest = Omit<LinkOrder, "requestedBy"> & { readonly by: string };

/**
 * @returns what became of it: `pending` is an open page
 * @throws {Refused} the invoice is paid, void, or has an attempt that may still move money; or charging is halted
 * @throws {GatewayUnavailable} it is not known whether the database is older than what was charged from it
 */
export async function linkInvoice(needs: LinkNeeds & FenceNeeds, request: LinkRequest): Promise<Settled> {
  const { store, clock, random } = needs;
  await mustBeFreeToCollect(needs);
  const now = clock.now();
  await store.write(now, async (records) => {
    const invoice = await invoiceToChange(records, "link", request.invoiceId);
    const { id: invoiceId, subscriptionId, customerId, status: was } = invoice;
    const data = { was, by: request.by };
    records.record({ type: "invoice.payment_link_requested", invoiceId, subscriptionId, customerId, data });
  });
  const { epoch } = await store.installation();
  const owner = { id: random.newId("own", now), epoch };
  const settled = await openPaymentLink(needs, owner, { ...request, requestedBy: request.by });
  if (settled === null)
    throw new Refused(said("daemon_busy", { id: request.invoiceId }), {
      mend: { do: "show_invoice", invoiceId: request.invoiceId },
    });
  return settled;
}

/**
 * Closes the invoice's open payment link, and reads what became of it.
 * @returns null: it could not be asked or read now; the daemon goes on trying
 */
export async function cancelLink(
  needs: LinkNeeds,
  limits: InquiryLimits,
  { invoiceId, by }: { readonly invoiceId: string; readonly by: string },
): Promise<Settled | null> {
  const { store, clock } = needs;
  const attemptId = await store.write(clock.now(), async (records) => {
    const invoice = await records.invoice(invoiceId);
    if (invoice === null)
      throw new NotFound(said("no_invoice", { id: invoiceId }), { mend: { do: "list", what: "invoices" } });
    const attempt = await records.openAttempt(invoiceId);
    if (attempt === null || !hasPage(attempt)) throw new Refused(said("no_open_link", { id: invoiceId }));
    await records.endLink(invoiceId, "person");
    const { subscriptionId, customerId } = invoice;
    records.record({
      type: "invoice.payment_link_cancel_requested",
      invoiceId,
      subscriptionId,
      customerId,
      data: { by },
    });
    return attempt.id;
  });
  return await inquireAboutOne(needs, limits, attemptId);
}
