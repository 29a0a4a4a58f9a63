/** One pass over what is due, as `run` and the library do it: the run, and then, briefly, what it has to tell. */
import { deliverEvents, type DeliverNeeds, gatherEvents } from "../application/notify/deliver-events.ts";
import type { RunSummary } from "../application/settling/run-summary.ts";
import type { Assembly } from "../assemble.ts";
import { GatewayUnavailable } from "../domain/errors.ts";

/** Nobody waits long for a receiver: what it did not take is told by the next run. */
const TELL_MS = 10_000;

/**
 * @param limit charges, at most; null: as the settings say
 * @throws {GatewayUnavailable} nobody was charged, since it is not known whether the database is an old backup
 */
export async function runOnce(
  app: Assembly,
  { limit }: { readonly limit: number | null },
  signal: AbortSignal,
): Promise<RunSummary> {
  const biller = await app.biller({ askedCharges: limit });
  const notifying = await app.notifying();
  if (notifying !== null) await gatherEvents(notifying);
  const { summary, fence } = await biller.tick(signal);
  if (notifying !== null) await tellBriefly(notifying, signal);
  if (fence === "unread" && summary.haltReason === null)
    throw new GatewayUnavailable(
      `nobody was charged (${summary.opened} invoices were opened): Conekta's orders cannot be listed, so it is not known ` +
        "whether these books are older than what was last charged from them; run again when Conekta answers",
    );
  return summary;
}

async function tellBriefly(notifying: DeliverNeeds, stop: AbortSignal): Promise<void> {
  try {
    await deliverEvents(notifying, AbortSignal.any([AbortSignal.timeout(TELL_MS), stop]));
  } catch (error) {
    notifying.log.error("outbox.failed", { error });
  }
}
