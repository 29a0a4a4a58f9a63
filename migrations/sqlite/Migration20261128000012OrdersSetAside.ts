/**
 * Orders that a person looked at and set aside (`reconcile --set-aside`): they keep no restored books from charging. It is
 * state, so it has a table; the history only tells it.
 */
import { Migration } from "@mikro-orm/migrations";

const STATEMENTS = [
  `create table "order_set_aside" (
    "order_id" text not null primary key,
    "at" datetime not null,
    "why" text not null,
    "set_aside_by" text not null
  )`,
  `insert or ignore into "order_set_aside"
   select data ->> 'orderId', at, coalesce(data ->> 'why', ''), coalesce(data ->> 'by', '')
   from "event" where type = 'order.set_aside' and data ->> 'orderId' is not null order by sequence`,
];

export class Migration20261128000012OrdersSetAside extends Migration {
  override up(): void {
    for (const statement of STATEMENTS) this.addSql(statement);
  }
}
