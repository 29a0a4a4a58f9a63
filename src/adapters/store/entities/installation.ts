/** Whose database this is, who may charge from it, and whether anybody may. */
import { defineEntity, p } from "@mikro-orm/core";
import { HALT_KINDS } from "../../../domain/halt.ts";

/** One row: who this database is, and whether anybody may be charged. */
export const InstallationEntity = defineEntity({
  name: "Installation",
  tableName: "installation",
  properties: {
    id: p.text().primary(),
    livemode: p.boolean().nullable(),
    /** Counts the takeovers: a process with an older number writes nothing. */
    epoch: p.integer(),
    ownerId: p.text().nullable(),
    createdAt: p.datetime(3),
    /** The place in the sequence of events up to which deliveries were made; null: nobody was ever told. */
    notifiedThrough: p.integer().nullable(),
    /** Since when charges count for the limits of an hour: a person lifted the halt of one. */
    limitsCountFrom: p.datetime(3).nullable(),
    /** A person said that what another installation charged may be charged from here, too. */
    mayRepeatOthersSince: p.datetime(3).nullable(),
    /** Orders made until then, by the gateway's clock, were compared with these books. */
    ordersComparedUntil: p.datetime(3).nullable(),
    /** PostgreSQL, with CHARGE_RATE_PER_SECOND: when the next charge of any node may begin. By the clock of the database. */
    nextSendAt: p.datetime(3).nullable(),
    /** PostgreSQL: a node found that the gateway fails; until then no other begins a charge. By the clock of the database. */
    gatewayFailingUntil: p.datetime(3).nullable(),
    /** Where what this database held is now; it charges nobody any more. Null: it was never moved. */
    movedTo: p.text().nullable(),
  },
  indexes: [{ name: "installation_one", expression: "create unique index `installation_one` on `installation` ((1))" }],
});

export const HaltEntity = defineEntity({
  name: "Halt",
  tableName: "halt",
  properties: {
    kind: p.enum(HALT_KINDS).primary(),
    haltedAt: p.datetime(3),
    reason: p.text(),
    /** What a sweep must cover before a halt of the kind `restored` is lifted. */
    reconcileSince: p.datetime(3).nullable(),
  },
  checks: [{ name: "halt_restored", expression: "(reconcile_since is not null) = (kind = 'restored')" }],
});

/** A process that may charge: @see records/nodes.ts */
export const NodeEntity = defineEntity({
  name: "Node",
  tableName: "node",
  properties: {
    id: p.text().primary(),
    epoch: p.integer(),
    host: p.text(),
    pid: p.integer(),
    startedAt: p.datetime(3),
    /** By the clock of the database. */
    heartbeatAt: p.datetime(3),
    /** Null: for as long as it holds the lock of the file. */
    aliveUntil: p.datetime(3).nullable(),
    /** What its last tick left undone; null: nothing. */
    unfinishedBecause: p.text().nullable(),
    unfinishedSince: p.datetime(3).nullable(),
  },
  uniques: [{ name: "node_epoch", properties: ["epoch"] }],
  checks: [{ name: "node_unfinished", expression: "(unfinished_because is null) = (unfinished_since is null)" }],
});

/** What one node does at a time, on PostgreSQL: @see records/duties.ts */
export const DutyEntity = defineEntity({
  name: "Duty",
  tableName: "duty",
  properties: { name: p.text().primary(), nodeId: p.text(), epoch: p.integer() },
});
