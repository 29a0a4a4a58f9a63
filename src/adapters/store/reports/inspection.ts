/** What the doctor looks at in every dialect: the calendar beside its invoices, the processes, guard probes. */
import type { StoreInspection, CalendarRow, DatabaseHealth } from "../../../application/ports/doctor.ts";
import type { GuardProbe } from "../../../domain/guard-probe.ts";
import { flag, instant, instantOrNull, json, text, whole, word } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, run } from "../dialect/sql.ts";
import { chargingNodes } from "../records/nodes.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
  readonly health: (em: Connected) => Promise<DatabaseHealth>;
};

export function storeInspection({ read, write, health }: Database): StoreInspection {
  return {
    health: () => health(read()),
    nodes: () => chargingNodes(read()),
    calendar: () => calendar(read()),
    async cyclesOf(subscriptionId) {
      const rows = await all(
        read(),
        `select cycle from invoice where subscription_id = ? and cycle is not null
         union all select cycle from archived_invoice where subscription_id = ?`,
        [subscriptionId, subscriptionId],
      );
      return new Set(rows.map((row) => whole(row, "cycle")));
    },
    async newestInstant() {
      // By keys that sort by time: event ids begin with it, and claims have an index.
      const [row] = await all(
        read(),
        `select max(at) as at from (
           select (select at from event order by id desc limit 1) as at
           union all select max(claimed_at) from attempt
           union all select created_at from installation) newest`,
      );
      return row === undefined ? null : instantOrNull(row, "at");
    },
    recordGuardProbe: (probe) => write((em) => recordGuardProbe(em, probe)),
    newestGuardProbe: () => newestGuardProbe(read()),
    async failedWebhooks() {
      const sql = "select count(*) as n, min(received_at) as oldest from webhook_event where state = 'failed'";
      const [row] = await all(read(), sql);
      return row === undefined
        ? { count: 0, oldestAt: null }
        : { count: whole(row, "n"), oldestAt: instantOrNull(row, "oldest") };
    },
  };
}

async function calendar(em: Connected): Promise<CalendarRow[]> {
  const rows = await all(
    em,
    `select s.id, s.status, s.time_zone, s.anchor_local, s.first_cycle, s.next_cycle, s.next_billing_at,
            s.cancel_at, s.given_up_at,
            p.interval, p.frequency, p.expiry_count, p.expiry_counts,
            count(i.id) as invoices, count(case when i.status = 'void' then 1 end) as void_cycles, max(i.cycle) as last_invoiced
     from subscription s join plan p on p.id = s.plan_id
     left join (
       select id, subscription_id, cycle, status from invoice where cycle is not null
       union all select invoice_id, subscription_id, cycle, status from archived_invoice
     ) i on i.subscription_id = s.id
     group by s.id, p.id order by s.id`,
  );
  return rows.map((row) => ({
    id: text(row, "id"),
    status: word(row, "status"),
    timeZone: text(row, "time_zone"),
    anchorLocal: text(row, "anchor_local"),
    firstCycle: whole(row, "first_cycle"),
    nextCycle: whole(row, "next_cycle"),
    nextBillingAt: instantOrNull(row, "next_billing_at"),
    cancelAt: instantOrNull(row, "cancel_at"),
    givenUpAt: instantOrNull(row, "given_up_at"),
    plan: {
      interval: word(row, "interval"),
      frequency: whole(row, "frequency"),
      expiryCount: row["expiry_count"] === null ? null : whole(row, "expiry_count"),
      expiryCounts: word(row, "expiry_counts"),
    },
    voidCycles: whole(row, "void_cycles"),
    invoices: whole(row, "invoices"),
    lastInvoicedCycle: row["last_invoiced"] === null ? null : whole(row, "last_invoiced"),
  }));
}

async function recordGuardProbe(em: Connected, probe: GuardProbe): Promise<void> {
  const { id, at, livemode, sequential, concurrent, evidence } = probe;
  await run(
    em,
    `insert into guard_probe (id, at, livemode, sequential, "concurrent", evidence) values (?, ?, ?, ?, ?, ?)`,
    [id, ms(at), livemode ? 1 : 0, sequential, concurrent, batch(evidence)],
  );
}

async function newestGuardProbe(em: Connected): Promise<GuardProbe | null> {
  const [row] = await all(em, "select * from guard_probe order by at desc, id desc limit 1");
  if (row === undefined) return null;
  return {
    id: text(row, "id"),
    at: instant(row, "at"),
    livemode: flag(row, "livemode"),
    sequential: word(row, "sequential"),
    concurrent: word(row, "concurrent"),
    evidence: json(row, "evidence"),
  };
}
