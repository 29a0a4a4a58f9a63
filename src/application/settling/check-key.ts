/** Is the key accepted, and of the mode of this database? Asked before anything that was read is written. */
import type { Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { askGateway, type AskNeeds } from "./ask-gateway.ts";

type Needs = AskNeeds & { readonly store: Pick<Store, "confirmMode">; readonly log: Log };

/**
 * A gateway that cannot be reached proves nothing and stops nothing: customers of one mode do not exist in the other.
 * @returns whether the gateway answered; if not, ask again at the next run
 * @throws {WrongMode}
 * @throws {GatewayUnauthorized}
 */
export async function checkKey(needs: Needs): Promise<boolean> {
  const answer = await askGateway(needs);
  if (answer.is === "unauthorized") throw answer.error;
  if (answer.is === "silent") {
    needs.log.warn("key.not_checked", { because: answer.error.message });
    return false;
  }
  if (answer.livemode !== null) await needs.store.confirmMode(answer.livemode);
  return true;
}
