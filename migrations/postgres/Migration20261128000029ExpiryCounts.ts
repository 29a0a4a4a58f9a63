/** Whether a plan's `expiry_count` counts charges, so that skipped, paused and voided cycles use none up, or cycles. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000029ExpiryCounts extends Migration {
  override up(): void {
    this.addSql(
      `alter table "plan" add column "expiry_counts" text collate "C" check ("expiry_counts" in ('charges', 'cycles')) not null default 'charges'`,
    );
  }
}
