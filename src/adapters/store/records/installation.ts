/** The one row that says who this database is, who charges from it, and whether anybody may be charged. */
import type { Random } from "../../../application/ports/runtime.ts";
import type { Halt, Installation, Resumption } from "../../../application/ports/installation.ts";
import { HOUR_MS } from "../../../domain/duration.ts";
import { hourBegins } from "../../../domain/charging/run-limits.ts";
import { DatabaseUnusable, WrongMode } from "../../../domain/errors.ts";
import { HALT_KINDS } from "../../../domain/halt.ts";
import { flag, instantOrNull, text, textOrNull, whole, word } from "../dialect/codec.ts";
import { appendEvents } from "../events.ts";
import { all, batch, type Connected, isPostgres, ms, run } from "../dialect/sql.ts";

/** Nobody may be charged while a reason not to is left. */
export const NOT_HALTED = "not exists (select 1 from halt)";

/**
 * Of several that begin at once one makes it: the table takes no second row, and the others find the first.
 *
 * Not in the place of one that was lost: under another id nobody would know the orders that were made, and charged, before.
 * @throws {DatabaseUnusable} it was lost
 */
export async function ensureInstallation(em: Connected, now: Date, random: Random): Promise<void> {
  if ((await all(em, "select 1 from installation")).length > 0) return;
  if ((await all(em, "select id from subscription order by id limit 1")).length > 0) throw noInstallation(em);
  await run(
    em,
    `insert into installation (id, epoch, created_at)
     select ?, 0, ? where not exists (select 1 from installation) on conflict do nothing`,
    [random.newId("ins", now), ms(now)],
  );
}

/** Somebody took its row out by hand, or has not yet restored it. */
export function noInstallation(em: Connected): DatabaseUnusable {
  return new DatabaseUnusable(
    "the database has lost the row of its table installation, by which its orders are known at Conekta: nobody is charged; " +
      "put that row back from a backup",
    { isMisconfigured: true, isOfServer: isPostgres(em) },
  );
}

export async function readInstallation(em: Connected): Promise<Installation> {
  const [row] = await all(
    em,
    `select n.id, n.livemode, n.epoch, n.may_repeat_others_since, h.kind, h.reason, h.reconcile_since
     from installation n left join halt h on h.kind = (
       select j.kind from rows(?: place, kind text) j where j.kind in (select kind from halt) order by j.place limit 1
     )`,
    [batch(HALT_KINDS.map((kind) => ({ kind })))],
  );
  if (row === undefined) throw noInstallation(em);
  return {
    id: text(row, "id"),
    livemode: row["livemode"] === null ? null : flag(row, "livemode"),
    epoch: whole(row, "epoch"),
    mayRepeatOthers: row["may_repeat_others_since"] !== null,
    haltReason: textOrNull(row, "reason"),
    haltKind: row["kind"] === null ? null : word(row, "kind"),
    haltReconcileSince: instantOrNull(row, "reconcile_since"),
  };
}

export async function confirmMode(em: Connected, livemode: boolean): Promise<void> {
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
  em: Connected,
  { kind, because, reconcileSince }: Halt,
  now: Date,
  random: Random,
): Promise<void> {
  const halted = await run(
    em,
    "insert into halt (kind, halted_at, reason, reconcile_since) values (?, ?, ?, ?) on conflict do nothing",
    [kind, ms(now), because, ms(reconcileSince ?? null)],
  );
  if (halted > 0) await appendEvents(em, [{ type: "charging.halted", data: { because, kind } }], now, random);
}

export async function resumeCharging(
  em: Connected,
  { kind, ...said }: Resumption,
  now: Date,
  random: Random,
): Promise<void> {
  const lifted = await run(em, "delete from halt where kind = ?", [kind]);
  if (lifted > 0 && kind === "limit") await run(em, "update installation set limits_count_from = ?", [ms(now)]);
  if (lifted > 0 && kind === "charged_elsewhere")
    await run(em, "update installation set may_repeat_others_since = ?", [ms(now)]);
  if (lifted > 0) await appendEvents(em, [{ type: "charging.resumed", data: { kind, ...said } }], now, random);
}

export async function sentWithinTheHour(
  em: Connected,
  now: Date,
): Promise<{ readonly charges: number; readonly amountCents: number }> {
  const [installation = {}] = await all(em, "select limits_count_from from installation");
  const from = hourBegins(now, instantOrNull(installation, "limits_count_from"));
  // By the claim, which has an index; it comes before the sending, by its lease at most.
  const [row = {}] = await all(
    em,
    `select count(*) as charges, coalesce(sum(amount_cents), 0) as amount_cents from attempt
     where claimed_at > ? and sent_at > ?`,
    [ms(from) - HOUR_MS, ms(from)],
  );
  return { charges: whole(row, "charges"), amountCents: whole(row, "amount_cents") };
}
