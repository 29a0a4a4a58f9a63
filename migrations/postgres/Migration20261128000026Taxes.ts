/** A plan may say its tax; an invoice keeps base and tax by rate, and so does what went back of it. */
import { Migration } from "@mikro-orm/migrations";

const TAXES =
  "(taxes is null and base_cents is null and tax_cents is null) or (taxes is not null and base_cents is not null and tax_cents is not null and base_cents >= 0 and tax_cents >= 0 and base_cents + tax_cents = amount_cents)";

export class Migration20261128000026Taxes extends Migration {
  override up(): void {
    this.addSql("alter table plan add column tax jsonb null");
    for (const table of ["invoice", "refund"]) {
      this.addSql(`alter table ${table} add column taxes jsonb null`);
      this.addSql(`alter table ${table} add column base_cents bigint null`);
      this.addSql(`alter table ${table} add column tax_cents bigint null constraint "${table}_taxes" check (${TAXES})`);
    }
  }
}
