/** What a person can look for in Conekta's panel, in both of our languages, and what to say then. */
import type { UnknownCharge } from "../../application/reconcile/list-unknown.ts";
import { formatMoney } from "../../domain/money.ts";
import { local, textOf } from "./cells.ts";
import { timeZoneHere } from "./terminal.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";

export type PanelAdvice = { readonly en: readonly string[]; readonly es: readonly string[] };

export function panelAdvice(row: UnknownCharge, timeoutMs: number): PanelAdvice {
  const invoiceId = row.invoiceId;
  if (row.kind === "held" && row.state === "pending") return adviceOnPending(row);
  if (row.kind === "held")
    return {
      en: [
        `No charge of this invoice is unknown. Decide with: npx puntual invoices retry ${invoiceId}`,
        "or with `void` or `mark-paid` in place of `retry`.",
      ],
      es: [
        `Ningún cobro de esta factura es incierto. Decida con: npx puntual invoices retry ${invoiceId}`,
        "o con `void` o `mark-paid` en lugar de `retry`.",
      ],
    };

  const sentAt = Date.parse(textOf(row.sentAt));
  // The panel shows the times of the account, as this terminal does.
  const [from, to] = [
    local(new Date(sentAt - MAX_CLOCK_SKEW_MS)),
    local(new Date(sentAt + timeoutMs + MAX_CLOCK_SKEW_MS)),
  ];
  const zone = timeZoneHere();
  const amount = formatMoney(row.amountCents, row.currency);
  const [orderId, reference, customerId] = [textOf(row.orderId), textOf(row.reference), row.customerId];
  const decide = `npx puntual unknown resolve ${textOf(row.attemptId)}`;
  return {
    en: [
      orderId === ""
        ? `An order of ${customerId} for ${amount}, made from ${from} to ${to} ${zone}.`
        : `The order ${orderId} of ${customerId}, for ${amount}, charged from ${from} to ${to} ${zone}.`,
      `Its metadata has puntual_attempt = ${reference}; its charge has the reference ${reference}.`,
      `It is there and paid:       ${decide} --paid ORDER_ID --reason "…"`,
      `It is not there, or unpaid: ${decide} --not-charged --reason "…"`,
      "Paid, but not this amount or customer: refund it there in full, then --not-charged. In doubt, do nothing: nobody is charged meanwhile.",
    ],
    es: [
      orderId === ""
        ? `Una orden de ${customerId} por ${amount}, creada entre ${from} y ${to} ${zone}.`
        : `La orden ${orderId} de ${customerId}, por ${amount}, cobrada entre ${from} y ${to} ${zone}.`,
      `Sus metadatos dicen puntual_attempt = ${reference}; su cargo lleva la referencia ${reference}.`,
      `Existe y está pagada:        ${decide} --paid ID_DE_ORDEN --reason "…"`,
      `No existe, o no está pagada: ${decide} --not-charged --reason "…"`,
      "Pagada, pero no por este monto o cliente: reembólsela allá por completo y después --not-charged. En la duda, no haga nada: mientras tanto no se cobra a nadie.",
    ],
  };
}

/** It is no riddle: Conekta shows it, and it does not end by itself. */
function adviceOnPending({ orderId, customerId, amountCents, currency }: UnknownCharge): PanelAdvice {
  const [order, amount] = [textOf(orderId), formatMoney(amountCents, currency)];
  return {
    en: [
      `The order ${order} of ${customerId}, for ${amount}: it waits there, and does not end.`,
      "Cancel it there, or let it be paid. Conekta is asked daily, and at once by: npx puntual reconcile --all",
      "What became of it is booked then. Until then this invoice is charged no more.",
    ],
    es: [
      `La orden ${order} de ${customerId}, por ${amount}: allá sigue en espera, y no termina.`,
      "Cancélela allá, o deje que se pague. A Conekta se le pregunta cada día, y enseguida con: npx puntual reconcile --all",
      "Entonces se registra lo que resultó. Mientras tanto esta factura no se cobra más.",
    ],
  };
}
