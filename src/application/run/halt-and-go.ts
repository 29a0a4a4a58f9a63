/**
 * A person stops charging for everybody, and lets it go on: for all processes at once, since a halt is a row that every
 * claim asks for. Charges whose intent is committed are finished.
 */
import { Refused } from "../../domain/errors.ts";
import { LIFTED_BY_A_PERSON, personsHalt } from "../../domain/halt.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { said } from "../../domain/refusals.ts";

type Needs = {
  readonly store: Pick<Store, "installation" | "haltCharging" | "resumeCharging">;
  readonly clock: Clock;
  readonly log: Log;
};

export async function halt(
  { store, clock, log }: Needs,
  { why, by }: { readonly why: string; readonly by: string },
): Promise<void> {
  const because = personsHalt(by, why);
  await store.haltCharging({ kind: "person", because }, clock.now());
  log.warn("charging.halted", { because });
}

/**
 * Lifts what a person may lift. What is left then is mended otherwise.
 * @returns the reasons that were lifted; none: charging was not halted
 * @throws {Refused} nothing that a person lifts halts it
 */
export async function go(
  { store, clock, log }: Needs,
  { why, by }: { readonly why: string | null; readonly by: string },
): Promise<readonly string[]> {
  const lifted: string[] = [];
  for (;;) {
    const { haltKind, haltReason, haltReconcileSince: since } = await store.installation();
    if (haltKind === null || haltReason === null) return lifted;
    if (!LIFTED_BY_A_PERSON.includes(haltKind)) {
      if (lifted.length > 0) return lifted;
      throw new Refused(said("halt_not_lifted", { because: haltReason }), {
        ...(since !== null && { mend: { do: "sweep_since", since } }),
      });
    }
    await store.resumeCharging({ kind: haltKind, by, ...(why !== null && { why }) }, clock.now());
    log.info("charging.resumed", { kind: haltKind, by });
    lifted.push(haltReason);
  }
}
