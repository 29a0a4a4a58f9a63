/**
 * One installation a database: a second row is refused by the table itself, whoever writes it.
 *
 * Several processes that began on a new database at once could once make a row each; none of them started, so all but the
 * first are taken away where nothing was ever done under their name.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `delete from installation where livemode is null and epoch = 0
     and id <> (select id from installation order by epoch desc, created_at, id limit 1)`,
  `create unique index "installation_one" on "installation" ((1))`,
];

export class Migration20261129000047OneInstallation extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
