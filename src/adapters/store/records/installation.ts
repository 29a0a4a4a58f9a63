/** The one row that says who this database is, who charges from it, and whether anybody may be charged. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import type { HaltKind, Installation, Owner } from "../../../application/ports/store.ts";
import { WrongMode } from "../../../domain/errors.ts";
import { flag, instantOrNull, text, textOrNull, whole, word } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { all, ms, run } from "../dialect/sql.ts";

export async function ensureInstallation(em: SqlEntityManager, now: Date, random: Random): Promise<void> {
  await run(
    em,
    `insert into installation (id, epoch, created_at)
     select ?, 0, ? where not exists (select 1 from installation)`,
    [random.newId("ins", now), ms(now)],
  );
}

export async function readInstallation(em: SqlEntityManager): Promise<Installation> {
  const [row] = await all(em, "select * from installation");
  if (row === undefined) throw new Error("the installation row is missing; it is written when the database is opened");
  return {
    id: text(row, "id"),
    livemode: row["livemode"] === null ? null : flag(row, "livemode"),
    haltReason: textOrNull(row, "halt_reason"),
    epoch: whole(row, "epoch"),
    haltKind: row["halt_kind"] === null ? null : word(row, "halt_kind"),
    haltReconcileSince: instantOrNull(row, "halt_reconcile_since"),
  };
}

export async function takeOver(em: SqlEntityManager, ownerId: string): Promise<Owner> {
  const [row] = await all(em, "update installation set epoch = epoch + 1, owner_id = ? returning epoch", [ownerId]);
  if (row === undefined) throw new Error("the installation row is missing; it is written when the database is opened");
  return { id: ownerId, epoch: whole(row, "epoch") };
}

export async function confirmMode(em: SqlEntityManager, livemode: boolean): Promise<void> {
  await run(em, "update installation set livemode = ? where livemode is null", [livemode ? 1 : 0]);
  const known = (await readInstallation(em)).livemode;
  if (known !== livemode)
    throw new WrongMode(
      `CONEKTA_API_KEY is a ${mode(livemode)} key, but this database holds ${mode(known === true)} data; ` +
        "use the key of the same mode, or another DATABASE_URL",
    );
}

function mode(livemode: boolean): string {
  return livemode ? "live" : "test";
}

export async function haltCharging(
  em: SqlEntityManager,
  { because, now, reconcileSince }: { readonly because: string; readonly now: Date; readonly reconcileSince?: Date },
  random: Random,
): Promise<void> {
  const kind: HaltKind = reconcileSince === undefined ? "unauthorized" : "restored";
  const closed = await run(
    em,
    `update installation set halted_at = ?, halt_reason = ?, halt_kind = ?, halt_reconcile_since = ?
     where halted_at is null or (halt_kind = 'unauthorized' and ? = 'restored')`,
    [ms(now), because, kind, ms(reconcileSince ?? null), kind],
  );
  if (closed > 0) await appendEvents(em, [{ type: "charging.halted", data: { because, kind } }], now, random);
}

export async function resumeCharging(em: SqlEntityManager, kind: HaltKind, now: Date, random: Random): Promise<void> {
  const opened = await run(
    em,
    `update installation
     set halted_at = null, halt_reason = null, halt_kind = null, halt_reconcile_since = null
     where halt_kind = ?`,
    [kind],
  );
  if (opened > 0) await appendEvents(em, [{ type: "charging.resumed" }], now, random);
}
