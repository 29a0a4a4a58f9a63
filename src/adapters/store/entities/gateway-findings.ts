/** What the gateway was found to do: reads that fail, the guard that was probed, orders that are not to be booked. */
import { defineEntity, p } from "@mikro-orm/core";
import { GUARD_RESULTS, type ProbeStep } from "../../../domain/guard-probe.ts";

/** What cannot be read at the gateway: a customer, or the order of an attempt; or a customer whose charges fail there. */
export const ReadFailureEntity = defineEntity({
  name: "ReadFailure",
  tableName: "read_failure",
  properties: {
    id: p.text().primary(),
    kind: p.enum(["customer", "attempt", "charge"] as const).primary(),
    /** In a row. */
    failures: p.integer().check("failures >= 1"),
    failedSince: p.datetime(3),
    failedAt: p.datetime(3),
    nextReadAt: p.datetime(3),
    because: p.text(),
  },
});

/** What `doctor --probe-guard` found, and when. */
export const GuardProbeEntity = defineEntity({
  name: "GuardProbe",
  tableName: "guard_probe",
  properties: {
    id: p.text().primary(),
    at: p.datetime(3),
    livemode: p.boolean(),
    sequential: p.enum(GUARD_RESULTS),
    concurrent: p.enum(GUARD_RESULTS),
    evidence: p.json<readonly ProbeStep[]>(),
  },
});

/** A person looked at this order of the gateway: it is not to be booked, and keeps no restored books from charging. */
export const OrderSetAsideEntity = defineEntity({
  name: "OrderSetAside",
  tableName: "order_set_aside",
  properties: {
    orderId: p.text().primary(),
    at: p.datetime(3),
    why: p.text(),
    setAsideBy: p.text(),
  },
});
