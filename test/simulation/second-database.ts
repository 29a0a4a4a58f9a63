/**
 * A second, empty database on the same account in mid-life: the file was lost, or another one was begun beside it. It takes
 * in the same plans and customers under an installation of its own, so the same cycles are due there.
 *
 * It must charge nobody for a cycle, or in a period, of which Conekta shows an order of the first installation, and halt
 * instead: cycles have other numbers here once a change of plan began them anew there. No charge of it reaches the gateway: what
 * it would send is judged here.
 */
import { DUNNING } from "./merchant.ts";
import { watchedTick } from "../../src/entrypoints/watched-tick.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import type { ChargeIntent } from "../../src/application/ports/gateway.ts";
import type { BillLimits } from "../../src/application/run/bill-due.ts";
import { BillingError } from "../../src/domain/errors.ts";
import type { Report } from "./checks/violation.ts";
import { traceOf } from "./gateway/station.ts";
import type { Ledger } from "./ledger.ts";
import { startMachine } from "./machine.ts";
import { describe } from "./machine-log.ts";
import { openMemoryStore, type MemoryStore } from "./memory-store/memory-store.ts";
import type { InvoiceRow } from "./memory-store/rows.ts";
import type { Merchant } from "./merchant.ts";
import { apply } from "./people/people.ts";
import type { PersonNeeds } from "./people/person-needs.ts";
import { perilousPorts, type Activity, type Life, type Ports } from "./perilous-ports.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

const NOT_SENT = { kind: "not_sent", unauthorized: false, trace: traceOf(null, "judged, and not sent") } as const;

export type SecondDatabase = {
  /** One run on empty books. */
  begin(): Promise<void>;
};

export function secondDatabase(needs: {
  readonly seed: number;
  readonly gateway: Ports["gateway"];
  readonly ledger: Ledger;
  readonly merchant: Merchant;
  readonly limits: BillLimits;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly activity: Activity;
  readonly report: Report;
  readonly desk: Pick<PersonNeeds, "clock" | "random" | "log">;
  /** Of the books that have charged so far. */
  readonly firstId: () => string;
  /** Nothing keeps the lists from being read. */
  readonly isCalm: boolean;
  /** false: a bug planted into the program. */
  readonly asksElsewhere: boolean;
}): SecondDatabase {
  const { gateway, ledger, timeline, trace, activity, report } = needs;
  let begunMs = Infinity;

  /**
   * The order of the first installation for the same customer and subscription: of the same cycle, in its period or the one
   * before, or of any cycle in its own period.
   */
  function orderElsewhere(due: InvoiceRow): string | null {
    const fromMs = 2 * due.periodStart.getTime() - due.periodEnd.getTime();
    for (const { id, intent, createdAtMs, listedAtMs } of ledger.orders.values())
      if (
        intent.installationId === needs.firstId() &&
        intent.cycle !== null &&
        createdAtMs >= (intent.cycle === due.cycle ? fromMs : due.periodStart.getTime()) &&
        listedAtMs < begunMs &&
        intent.subscriptionId === due.subscriptionId &&
        intent.customerId === due.customerId
      )
        return id;
    return null;
  }

  function judge({ invoiceId, cycle, subscriptionId }: ChargeIntent, { tables }: MemoryStore): typeof NOT_SENT {
    const invoice = tables.invoices.rows.get(invoiceId);
    const orderId = invoice === undefined ? null : orderElsewhere(invoice);
    if (orderId !== null)
      report(
        "elsewhere",
        `an empty database charges cycle ${cycle} of ${subscriptionId}, for which there is ${orderId}`,
      );
    return NOT_SENT;
  }

  /** In calm weather the run must have found the order, and must say so. */
  function checkHalted({ tables }: MemoryStore): void {
    if (!needs.isCalm || tables.installation.current.halts.length > 0) return;
    const isMissed = [...tables.invoices.rows.values()].find(
      (invoice) => invoice.status === "open" && invoice.amountCents > 0 && orderElsewhere(invoice) !== null,
    );
    if (isMissed !== undefined)
      report("elsewhere", `an empty database with cycle ${isMissed.cycle} of ${isMissed.subscriptionId} does not halt`);
  }

  return {
    begin: async () => {
      const random = seededRandom(needs.seed + 5_000_000);
      const memory = openMemoryStore({ random, now: needs.desk.clock.now() });
      const { inbox, refunds } = memory;
      const sweep = needs.asksElsewhere
        ? memory.sweep
        : { ...memory.sweep, lastSentAt: async () => needs.desk.clock.now() };
      const ports: Ports = {
        ...{ store: memory, inbox, sweep, refunds },
        gateway: {
          ...gateway,
          charge: async (intent) => judge(intent, memory),
          openOrder: async (intent) => judge(intent, memory),
        },
      };
      begunMs = timeline.nowMs();
      trace.note(begunMs, "a second, empty database");
      const alive: Life = {
        ...{ isAlive: true, thawed: () => null, die: () => {}, freeze: () => {} },
        fateOf: () => "none",
      };
      try {
        await apply({ ...needs.desk, ...perilousPorts(ports, alive, activity) }, needs.merchant);
      } catch (error) {
        // Such as a customer who cannot be read.
        if (!(error instanceof BillingError)) report("bug", `a second database threw ${describe(error)}`);
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const machine = startMachine({
        ...{ name: "second", ports, timeline, random, trace, activity, report, limits: needs.limits },
        ...{ backoffMs: 60_000, msPerRow: 0, mostRows: () => () => Infinity, hasFence: true, verify: null },
        ...{ watchTick: watchedTick, dunning: DUNNING },
        fateOf: () => "none",
        freezesForMs: () => 0,
        onDeath: () => resolve(),
        onFreeze: () => {},
        watchRun: () => ({ foreseen: null, over: () => {} }),
        onTick: () => {
          checkHalted(memory);
          resolve();
        },
      });
      machine.tick();
      await promise;
      machine.kill("down: looked at");
    },
  };
}
