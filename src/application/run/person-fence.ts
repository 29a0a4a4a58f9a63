/**
 * What a person's payment link must ask, as a run does before its first charge: a page that a restored database makes for
 * an invoice which was charged since collects it a second time.
 */
import { GatewayUnavailable, Refused } from "../../domain/errors.ts";
import { checkNotRestored, type FenceNeeds } from "./restore-fence.ts";
import { said } from "../../domain/refusals.ts";

/**
 * @throws {Refused} charging is halted, perhaps just now: the database is older than what was charged from it
 * @throws {GatewayUnavailable} the orders cannot be listed, so it is not known
 */
export async function mustBeFreeToCollect(needs: FenceNeeds): Promise<void> {
  const fence = await checkNotRestored(needs);
  const { haltReason } = await needs.store.installation();
  if (haltReason !== null) throw new Refused(said("halted", { because: haltReason }));
  if (fence === "unread") throw new GatewayUnavailable(said("restore_unclear"));
}
