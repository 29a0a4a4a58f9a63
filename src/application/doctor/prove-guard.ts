/**
 * Prove the guard: try with a test key whether Conekta refuses to charge a paid order, and keep the dated result.
 *
 * The mode is asked of the gateway, never concluded from the key's inquiries: with a live key nothing is charged. A crash
 * half-way leaves test orders at Conekta and no result; it may simply be repeated. The books may be those of live
 * charges: the guard is Conekta's, the same in both modes as far as it can be tried.
 */
import { Refused } from "../../domain/errors.ts";
import type { GuardProbe } from "../../domain/guard-probe.ts";
import type { StoreInspection, GuardProber } from "../ports/doctor.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";

type Needs = {
  readonly store: Pick<Store, "installation">;
  readonly inspection: Pick<StoreInspection, "recordGuardProbe">;
  readonly gateway: Pick<Gateway, "readCustomer"> & GuardProber;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/** @throws {Refused} the key is a live one */
export async function proveGuard(
  { store, inspection, gateway, clock, random, log }: Needs,
  { customerId, amountCents }: { readonly customerId: string; readonly amountCents: number },
): Promise<GuardProbe> {
  const { livemode } = await gateway.readCustomer(customerId);
  if (livemode)
    throw new Refused(
      "CONEKTA_API_KEY is a live key, and the probe charges the same order twice: nothing was done. Run it with a test " +
        "key, and a customer made with that key",
    );
  const at = clock.now();
  const id = random.newId("prb", at);
  const { id: installationId } = await store.installation();
  const finding = await gateway.probeGuard({ id, installationId, customerId, amountCents });
  const probe = { id, at, livemode, ...finding };
  await inspection.recordGuardProbe(probe);
  log.info("guard.probed", { id, sequential: finding.sequential, concurrent: finding.concurrent });
  return probe;
}
