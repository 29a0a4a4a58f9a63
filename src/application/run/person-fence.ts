/**
 * What a person's payment link must ask, as a run does before its first charge: a page that a restored database makes for
 * an invoice which was charged since collects it a second time.
 */
import { GatewayUnavailable, Refused } from "../../domain/errors.ts";
import { checkNotRestored, type FenceNeeds } from "./restore-fence.ts";

/**
 * @throws {Refused} charging is halted, perhaps just now: the database is older than what was charged from it
 * @throws {GatewayUnavailable} the orders cannot be listed, so it is not known
 */
export async function mustBeFreeToCollect(needs: FenceNeeds): Promise<void> {
  const fence = await checkNotRestored(needs);
  const { haltReason } = await needs.store.installation();
  if (haltReason !== null) throw new Refused(`nothing was made: charging is halted: ${haltReason}`);
  if (fence === "unread")
    throw new GatewayUnavailable(
      "nothing was made: Conekta's orders cannot be listed, so it is not known whether this database is older than what " +
        "was last charged from it; try again when Conekta answers",
    );
}
