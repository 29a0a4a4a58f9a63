/** An item bears the SAT's keys of product and unit, as the lines of a plan do. */
import { Migration } from "@mikro-orm/migrations";

export class Migration20261128000037ItemKeys extends Migration {
  override up(): void {
    for (const column of ["clave_prod_serv", "clave_unidad"])
      this.addSql(`alter table "item" add column "${column}" text null`);
  }
}
