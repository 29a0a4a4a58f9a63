/** A pause from one instant until another: cycles that fall due in it are void, and nobody has to resume it. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000035PlannedPauses extends Migration {
  override up(): void {
    this.addSql(`alter table "subscription" add column "pause_from" bigint null`);
    this.addSql(
      `alter table "subscription" add column "pause_until" bigint null constraint "subscription_pause" check (("pause_from" is null) = ("pause_until" is null) and ("pause_from" is null or "pause_from" < "pause_until"))`,
    );
  }
}
