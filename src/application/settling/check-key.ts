/** Is the key accepted, and of the mode of this database? Asked before anything that was read is written. */
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";

type Needs = {
  readonly store: Pick<Store, "anyCustomerId" | "confirmMode">;
  readonly gateway: Pick<Gateway, "probe">;
  readonly log: Log;
};

/**
 * A gateway that cannot be reached proves nothing and stops nothing: customers of one mode do not exist in the other.
 * @returns whether the gateway answered; if not, ask again at the next run
 * @throws {WrongMode}
 * @throws {GatewayUnauthorized}
 */
export async function checkKey({ store, gateway, log }: Needs): Promise<boolean> {
  try {
    const { livemode } = await gateway.probe(await store.anyCustomerId());
    if (livemode !== null) await store.confirmMode(livemode);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
    log.warn("key.not_checked", { because: error.message });
    return error instanceof GatewayRefused;
  }
}
