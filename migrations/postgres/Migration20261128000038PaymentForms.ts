/** How an invoice was paid by other means, as the person says who notes it: the CFDI's form of payment. */
import { Migration } from "@mikro-orm/migrations";

const FORMS = "'01', '02', '03', '04', '05', '06', '08', '28', '29'";

export class Migration20261128000038PaymentForms extends Migration {
  override up(): void {
    this.addSql(
      `alter table "invoice" add column "payment_form" text collate "C" check ("payment_form" in (${FORMS})) null`,
    );
  }
}
