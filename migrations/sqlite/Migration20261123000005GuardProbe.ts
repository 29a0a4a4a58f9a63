/**
 * Results of `puntual doctor --probe-guard`, dated: whether the gateway refuses to charge a paid order.
 *
 * Append-only, like everything that somebody may want to read later.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261123000005GuardProbe extends Migration {
  override up(): void {
    this.addSql(`create table "guard_probe" (
      "id" text not null primary key,
      "at" datetime not null,
      "livemode" integer not null,
      "sequential" text check ("sequential" in ('refused', 'charged_twice', 'unclear')) not null,
      "concurrent" text check ("concurrent" in ('refused', 'charged_twice', 'unclear')) not null,
      "evidence" json not null
    )`);
  }
}
