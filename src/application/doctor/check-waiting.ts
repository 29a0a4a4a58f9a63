/** I10: what is uncertain, held or paid twice is visible, with its age. */
import type { Text } from "../../domain/language.ts";
import type { StoreInspection } from "../ports/doctor.ts";
import type { DeliveryCounts } from "../ports/notify.ts";
import type { StatusCounts } from "../ports/listings/status-counts.ts";
import { bad, counted, ok, warn, type Finding } from "./finding.ts";
import { HOUR_MS } from "../../domain/duration.ts";

const NONE: Text = { en: "none", es: "ninguno" };
const WARN_MS = HOUR_MS;
const BAD_MS = 24 * HOUR_MS;

const MENDS = { unknown: "wait_for_inquiries", held: "decide_held" } as const;

export function checkWaiting(check: keyof typeof MENDS, waiting: StatusCounts["unknown"], now: Date): Finding {
  const { count, oldestAt } = waiting;
  if (count === 0) return ok(check, NONE);
  const ageMs = oldestAt === null ? 0 : now.getTime() - oldestAt.getTime();
  const age = hours(ageMs);
  const found = { en: `${count}, the oldest for ${age.en}`, es: `${count}, el más antiguo desde hace ${age.es}` };
  if (ageMs > BAD_MS) return bad(check, found, MENDS[check]);
  return ageMs > WARN_MS ? warn(check, found, MENDS[check]) : ok(check, found);
}

/** What Conekta does not show is not charged, whoever is at fault. */
export function checkUnreadable({ count, oldestAt }: StatusCounts["unreadable"]): Finding {
  if (count === 0 || oldestAt === null) return ok("unreadable", NONE);
  return bad(
    "unreadable",
    {
      en: `${count} of the customers and orders cannot be read or charged at Conekta, the first since ${oldestAt.toISOString()}; what they owe waits`,
      es: `${count} de los clientes y órdenes no se pueden leer o cobrar en Conekta, el primero desde ${oldestAt.toISOString()}; lo que deben espera`,
    },
    "look_at_unreadable",
  );
}

export function checkPaidAgain(count: number): Finding {
  if (count === 0) return ok("paid_again", NONE);
  return bad("paid_again", { en: `${count} paid twice`, es: `${count} con pago doble` }, "refund_second_payment");
}

export function checkPaidAfterCancel(count: number): Finding {
  if (count === 0) return ok("paid_after_cancel", NONE);
  return bad(
    "paid_after_cancel",
    {
      en: `${counted(count, "payment")} came for what was canceled`,
      es: `${counted(count, "pago")} por algo que se había cancelado`,
    },
    "keep_or_refund",
  );
}

/** The bank decides; without an answer in time it decides for its customer. */
export function checkDisputes({ count, oldestAt }: StatusCounts["disputes"]): Finding {
  if (count === 0 || oldestAt === null) return ok("disputes", { en: "none open", es: "ninguna abierta" });
  return bad(
    "disputes",
    {
      en: `${counted(count, "payment")} disputed, the first since ${oldestAt.toISOString()}`,
      es: `${counted(count, "pago")} en aclaración, el primero desde ${oldestAt.toISOString()}`,
    },
    "answer_disputes",
  );
}

/** Whether the merchant's systems receive the events. */
export function checkEvents({ pending, oldestPendingAt, dead }: DeliveryCounts, now: Date): Finding {
  if (dead > 0)
    return bad("events", { en: `${dead} given up`, es: `${dead} sin entregar, ya abandonados` }, "mend_receiver");
  const ageMs = oldestPendingAt === null ? 0 : now.getTime() - oldestPendingAt.getTime();
  if (ageMs <= WARN_MS)
    return ok(
      "events",
      pending === 0
        ? { en: "nothing waits to be sent", es: "nada espera su envío" }
        : { en: `${pending} to be sent`, es: `${pending} por enviar` },
    );
  const age = hours(ageMs);
  return warn(
    "events",
    {
      en: `${pending} to be sent, the oldest for ${age.en}`,
      es: `${pending} por enviar, el más antiguo desde hace ${age.es}`,
    },
    "look_at_waiting_events",
  );
}

type FailedWebhooks = Awaited<ReturnType<StoreInspection["failedWebhooks"]>>;

/** Inquiries find what they hint at as well; but a person should know why they could not be followed up. */
export function checkWebhooks({ count, oldestAt }: FailedWebhooks, now: Date): Finding {
  if (count === 0) return ok("webhooks", { en: "none failed", es: "ninguno falló" });
  const ageMs = oldestAt === null ? 0 : now.getTime() - oldestAt.getTime();
  const age = hours(ageMs);
  return bad(
    "webhooks",
    {
      en: `${counted(count, "event")} failed, the oldest ${age.en} ago`,
      es: `${counted(count, "evento")} con falla, el más antiguo de hace ${age.es}`,
    },
    "mend_webhooks",
  );
}

function hours(ageMs: number): Text {
  const whole = Math.floor(ageMs / HOUR_MS);
  if (whole === 0) return { en: "less than an hour", es: "menos de una hora" };
  return { en: counted(whole, "hour"), es: counted(whole, "hora") };
}
