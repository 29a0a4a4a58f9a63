/** A plan that is not sold any more: who is on it stays, nobody new is put on it. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000039ArchivedPlans extends Migration {
  override up(): void {
    this.addSql(`alter table "plan" add column "archived_at" datetime null`);
  }
}
