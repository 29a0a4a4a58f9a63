/** I10: what is uncertain, held or paid twice is visible, with its age. */
import type { StoreInspection } from "../ports/doctor.ts";
import type { DeliveryCounts } from "../ports/notify.ts";
import type { StatusCounts } from "../ports/listings/status-counts.ts";
import { bad, counted, ok, warn, type Finding } from "./finding.ts";
import { HOUR_MS } from "../../domain/duration.ts";

const WARN_MS = HOUR_MS;
const BAD_MS = 24 * HOUR_MS;

const MENDS = { unknown: "wait_for_inquiries", held: "decide_held" } as const;

export function checkWaiting(check: keyof typeof MENDS, waiting: StatusCounts["unknown"], now: Date): Finding {
  const { count, oldestAt } = waiting;
  if (count === 0) return ok(check, "none");
  const ageMs = oldestAt === null ? 0 : now.getTime() - oldestAt.getTime();
  const found = `${count}, the oldest for ${hours(ageMs)}`;
  if (ageMs > BAD_MS) return bad(check, found, MENDS[check]);
  return ageMs > WARN_MS ? warn(check, found, MENDS[check]) : ok(check, found);
}

/** What Conekta does not show is not charged, whoever is at fault. */
export function checkUnreadable({ count, oldestAt }: StatusCounts["unreadable"]): Finding {
  if (count === 0 || oldestAt === null) return ok("unreadable", "none");
  return bad(
    "unreadable",
    `${count} of the customers and orders cannot be read or charged at Conekta, the first since ${oldestAt.toISOString()}; what they owe waits`,
    "look_at_unreadable",
  );
}

export function checkPaidAgain(count: number): Finding {
  if (count === 0) return ok("paid_again", "none");
  return bad("paid_again", `${count} paid twice`, "refund_second_payment");
}

export function checkPaidAfterCancel(count: number): Finding {
  if (count === 0) return ok("paid_after_cancel", "none");
  return bad("paid_after_cancel", `${counted(count, "payment")} came for what was canceled`, "keep_or_refund");
}

/** The bank decides; without an answer in time it decides for its customer. */
export function checkDisputes({ count, oldestAt }: StatusCounts["disputes"]): Finding {
  if (count === 0 || oldestAt === null) return ok("disputes", "none open");
  return bad(
    "disputes",
    `${counted(count, "payment")} disputed, the first since ${oldestAt.toISOString()}`,
    "answer_disputes",
  );
}

/** Whether the merchant's systems receive the events. */
export function checkEvents({ pending, oldestPendingAt, dead }: DeliveryCounts, now: Date): Finding {
  if (dead > 0) return bad("events", `${dead} given up`, "mend_receiver");
  const ageMs = oldestPendingAt === null ? 0 : now.getTime() - oldestPendingAt.getTime();
  if (ageMs <= WARN_MS) return ok("events", pending === 0 ? "nothing waits to be sent" : `${pending} to be sent`);
  return warn("events", `${pending} to be sent, the oldest for ${hours(ageMs)}`, "look_at_waiting_events");
}

type FailedWebhooks = Awaited<ReturnType<StoreInspection["failedWebhooks"]>>;

/** Inquiries find what they hint at as well; but a person should know why they could not be followed up. */
export function checkWebhooks({ count, oldestAt }: FailedWebhooks, now: Date): Finding {
  if (count === 0) return ok("webhooks", "none failed");
  const ageMs = oldestAt === null ? 0 : now.getTime() - oldestAt.getTime();
  return bad("webhooks", `${counted(count, "event")} failed, the oldest ${hours(ageMs)} ago`, "mend_webhooks");
}

function hours(ageMs: number): string {
  const whole = Math.floor(ageMs / HOUR_MS);
  return whole === 0 ? "less than an hour" : whole === 1 ? "1 hour" : `${whole} hours`;
}
