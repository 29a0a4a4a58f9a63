/**
 * `GET /events`, and sending one again.
 *
 * @see Conekta API 2.3.0 specification, `/events`, `/events/{id}/resend`
 */
import { z } from "zod";
import { notFound } from "../api/api-error.ts";
import { type Answer, type Call, ok, param } from "../api/call.ts";
import type { SandboxEvent } from "./event-log.ts";
import { eventView, type WebhookLog } from "./event-view.ts";
import { cutPage, listBody, pageRequest } from "../api/list-page.ts";
import { checked } from "../api/validation.ts";
import type { State } from "../state.ts";

const resendSchema = z.strictObject({ webhooks_ids: z.array(z.string()).min(1) });

/** Who knows what became of an event's deliveries. */
export type DeliveryLogs = { readonly logsOf: (eventId: string) => readonly WebhookLog[] };

export function listEvents(state: State, call: Call, delivery: DeliveryLogs): Answer {
  const query = pageRequest(call.query);
  const page = cutPage(state.events.newestFirst(), query, ({ id, type }) => {
    return query.search === undefined || id === query.search || type.includes(query.search);
  });
  return ok(listBody(page, call.address, (event) => eventView(event, state.livemode, delivery.logsOf(event.id))));
}

export function getEvent(state: State, call: Call, delivery: DeliveryLogs): Answer {
  const event = findEvent(state, param(call, 0));
  return ok(eventView(event, state.livemode, delivery.logsOf(event.id)));
}

export function resendEvent(state: State, call: Call, delivery: DeliveryLogs): Answer {
  const event = findEvent(state, param(call, 0));
  state.events.resend(event, checked(resendSchema, call.body).webhooks_ids);
  return ok(eventView(event, state.livemode, delivery.logsOf(event.id)));
}

function findEvent(state: State, id: string): SandboxEvent {
  const event = state.events.find(id);
  if (event === undefined) throw notFound("Event", id);
  return event;
}
