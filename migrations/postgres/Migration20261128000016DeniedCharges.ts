/**
 * A person said that a charge was not made. Whoever says so may be wrong: the gateway is asked again after 1, 3 and 7 days,
 * and money that it shows then is no sign that a backup was restored.
 */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000016DeniedCharges extends Migration {
  override up(): void {
    this.addSql(`create table denied_charge (
      attempt_id text collate "C" not null primary key,
      denied_at bigint not null,
      rechecks bigint not null check (rechecks >= 0),
      recheck_at bigint null,
      constraint denied_charge_attempt_id_foreign foreign key (attempt_id) references attempt (id) on update cascade on delete cascade
    )`);
    this.addSql("create index denied_charge_recheck on denied_charge (recheck_at) where recheck_at is not null");
  }
}
