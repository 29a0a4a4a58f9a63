/** What happened, who did it, and what Conekta said of it. */
import {
  flagOrNull,
  isoInstant,
  isoInstantOrNull,
  jsonShown,
  text,
  textOrNull,
  whole,
  word,
} from "../../dialect/codec.ts";
import { ms } from "../../dialect/sql.ts";
import { concernsIn } from "../columns.ts";
import { type Sources } from "./source.ts";

export const EVENTS: Sources<"events" | "audit" | "webhooks"> = {
  events: {
    name: "events",
    from: "event",
    columns: {
      eventId: ["id", text],
      at: ["at", isoInstant],
      type: ["type", word],
      ...concernsIn(""),
      data: ["data", (row, column) => jsonShown(row, column, {})],
    },
    order: { by: ["id"], direction: "asc" },
    since: ["at", ms],
  },
  audit: {
    name: "audit",
    from: "(select * from event d where readable(d.data) -> 'actor' is not null) e",
    columns: {
      eventId: ["e.id", text],
      at: ["e.at", isoInstant],
      actor: ["e.data -> 'actor' ->> 'name'", text],
      reason: ["e.data -> 'actor' ->> 'reason'", textOrNull],
      type: ["e.type", word],
      ...concernsIn("e."),
    },
    order: { by: ["e.id"], direction: "desc" },
    since: ["e.at", ms],
  },
  webhooks: {
    name: "webhooks",
    from: "webhook_event",
    columns: {
      eventId: ["id", text],
      type: ["type", text],
      receivedAt: ["received_at", isoInstant],
      state: ["state", word],
      because: ["because", textOrNull],
      orderId: ["order_id", textOrNull],
      customerId: ["customer_id", textOrNull],
      livemode: ["livemode", flagOrNull],
      tries: ["tries", whole],
      nextTryAt: ["next_try_at", isoInstantOrNull],
      processedAt: ["processed_at", isoInstantOrNull],
      payload: ["payload", (row, column) => jsonShown(row, column, {})],
    },
    order: { by: ["received_at", "id"], direction: "desc" },
    since: ["received_at", ms],
  },
};
