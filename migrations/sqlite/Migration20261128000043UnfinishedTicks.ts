/** Why the last tick of a process left something undone: what its /readyz says, for `status` and the doctor. */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `alter table "node" add column "unfinished_because" text null`,
  `alter table "node" add column "unfinished_since" datetime null
     constraint "node_unfinished" check ((unfinished_because is null) = (unfinished_since is null))`,
];

export class Migration20261128000043UnfinishedTicks extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
