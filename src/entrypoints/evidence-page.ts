/** The evidence about a subscription as a page to be printed, in Spanish: one file, which loads nothing. */
import type { Evidence } from "../application/subscriptions/evidence.ts";
import type { DisputeOutcome } from "../domain/dispute.ts";
import type { Interval } from "../domain/calendar/calendar.ts";
import { formatMoney } from "../domain/money.ts";
import { IN_SPANISH } from "../domain/refusals.ts";
import type { RefundState } from "../domain/refund.ts";
import { cardName } from "../explain/attempt-sentences.ts";
import { dayAndTime } from "../explain/text.ts";
import { channelWords, refundReasonWords } from "../explain/words.ts";

const PERIODS: Readonly<Record<Interval, readonly [one: string, many: string]>> = {
  day: ["día", "días"],
  week: ["semana", "semanas"],
  half_month: ["quincena", "quincenas"],
  month: ["mes", "meses"],
  year: ["año", "años"],
};
const OUTCOMES: Readonly<Record<DisputeOutcome, string>> = {
  ...{ open: "abierta", won: "ganada", lost: "perdida" },
  withdrawn: "retirada: era un reembolso",
};
const REFUNDED: Readonly<Record<RefundState, string>> = {
  ...{ requested: "pedido", done: "hecho", refused: "no aceptado", not_sent: "no enviado" },
  unknown: "sin resultado conocido",
};

const STYLE =
  "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}" +
  "table{border-collapse:collapse;width:100%;font-size:13px}th,td{border:1px solid #bbb;padding:.3rem;text-align:left;" +
  "overflow-wrap:anywhere;vertical-align:top}blockquote{white-space:pre-wrap;border-left:3px solid #999;margin:.5rem 0;" +
  "padding-left:.8rem}section{break-inside:avoid-page}@media print{body{margin:0}}";

export function evidencePage(evidence: Evidence): string {
  const { subscription, plan, customer } = evidence;
  const title = `Expediente de la suscripción ${subscription.subscriptionId}`;
  const at = (instant: string | null): string =>
    instant === null ? "" : dayAndTime(new Date(instant), subscription.timeZone).es;
  const money = (row: { readonly amountCents: number; readonly currency: string }): string =>
    formatMoney(row.amountCents, row.currency);
  const facts: readonly (readonly [string, string | null])[] = [
    ["Cliente", [customer.name, customer.email, customer.phone].filter((each) => each !== null).join(" · ")],
    ["Plan", `${plan.name} (${plan.planId}), ${rhythm(plan)}`],
    ["Estado", IN_SPANISH[subscription.status] ?? subscription.status],
    ["Inicio", `${subscription.startLocal.replace("T", " ")}, ${subscription.timeZone}`],
    ["Termina", at(subscription.cancelAt) || null],
    ["Tarjeta", cardName(subscription)],
    ["Expediente hecho el", at(evidence.madeAt)],
  ];
  const consents = evidence.consents.map(
    (each) =>
      `<section><p><b>${html(at(each.consentedAt))}</b>, ${html(channelWords(each.channel).es)}; texto ${html(each.version)}; ` +
      `${html(money(each))} ${html(rhythm(each))}; lo registró ${html(each.recordedBy)} el ${html(at(each.createdAt))}` +
      `${each.addressHash === null ? "" : `; SHA-256 de la dirección: ${html(each.addressHash)}`}</p>` +
      `<blockquote>${html(each.text)}</blockquote></section>`,
  );
  const parts = [
    `<h1>${html(title)}</h1>`,
    `<dl>${facts.map(([label, value]) => (value === null ? "" : `<dt><b>${label}</b></dt><dd>${html(value)}</dd>`)).join("")}</dl>`,
    `<h2>Consentimiento</h2>`,
    consents.length === 0 ? "<p>No hay ninguno registrado.</p>" : consents.join(""),
    table("Cargos", evidence.charges, "No se ha intentado ninguno.", {
      Fecha: (row) => at(row.attemptedAt),
      Monto: money,
      Resultado: (row) =>
        [IN_SPANISH[row.outcome] ?? row.outcome, row.failureMessage ?? row.failureCode].filter(Boolean).join(": "),
      Periodo: (row) => `${at(row.periodStart)} a ${at(row.periodEnd)}`,
      Tarjeta: (row) => cardName(row) ?? "",
      Orden: (row) => row.orderId ?? "",
      Cargo: (row) => row.chargeId ?? "",
    }),
    table("Cancelación", evidence.cancellations, "No se ha cancelado.", {
      Fecha: (row) => at(row.at),
      "Qué pasó": (row) => row.text.es,
    }),
    table("Reembolsos", evidence.refunds, "No hay ninguno.", {
      Fecha: (row) => at(row.createdAt),
      Monto: money,
      Estado: (row) => REFUNDED[row.state],
      Motivo: (row) => [refundReasonWords(row.reason).es, row.note].filter(Boolean).join(": "),
      "Lo pidió": (row) => row.requestedBy,
      Orden: (row) => row.orderId,
    }),
    table("Aclaraciones", evidence.disputes, "No hay ninguna.", {
      Vista: (row) => at(row.openedAt),
      Monto: money,
      Estado: (row) => `${OUTCOMES[row.outcome]} (${row.status})`,
      Motivo: (row) => row.reason ?? "",
      "Pruebas antes de": (row) => at(row.evidenceDueBy),
      Cargo: (row) => row.chargeId,
    }),
  ];
  return (
    `<!doctype html>\n<html lang="es"><head><meta charset="utf-8"><title>${html(title)}</title>` +
    `<style>${STYLE}</style></head><body>\n${parts.join("\n")}\n</body></html>\n`
  );
}

function table<Row>(
  heading: string,
  rows: readonly Row[],
  whenEmpty: string,
  columns: Readonly<Record<string, (row: Row) => string>>,
): string {
  if (rows.length === 0) return `<h2>${heading}</h2><p>${whenEmpty}</p>`;
  const heads = Object.keys(columns).map((head) => `<th>${head}</th>`);
  const lines = rows.map(
    (row) =>
      `<tr>${Object.values(columns)
        .map((of) => `<td>${html(of(row))}</td>`)
        .join("")}</tr>`,
  );
  return `<h2>${heading}</h2><table><tr>${heads.join("")}</tr>\n${lines.join("\n")}</table>`;
}

function rhythm({ interval, frequency }: { readonly interval: Interval; readonly frequency: number }): string {
  const [one, many] = PERIODS[interval];
  return frequency === 1 ? `cada ${one}` : `cada ${frequency} ${many}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;" },
  ...{ '"': "&quot;", "'": "&#39;" },
};

/** Whoever wrote it: nothing of it is markup. */
function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}
