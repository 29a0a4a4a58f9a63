/** Why something is not done with a plan or a subscription. */
import type { Text } from "../language.ts";

export const OF_SUBSCRIPTIONS = {
  // ---- plans
  plan_exists: { en: "there is a plan {id} already; choose another id", es: "ya existe el plan {id}; elija otro id" },
  plan_archived: {
    en: "plan {id} is archived, and takes no new subscription",
    es: "el plan {id} está archivado y no admite suscripciones nuevas",
  },
  plan_of_another: {
    en: "plan {id} was added by {source}, and is changed there",
    es: "el plan {id} se agregó desde {source}, y ahí se cambia",
  },
  plan_fixed: {
    en: "{fields} of plan {id} is fixed once it has subscriptions; make a plan with a new id",
    es: "{fields} del plan {id} ya no cambia: tiene suscripciones; cree un plan con otro id",
  },
  plan_too_cheap: {
    en: "plan {id} would charge {amountCents} cents; Conekta charges {leastCents} cents or more (MIN_CHARGE_CENTS), or nothing at all",
    es: "el plan {id} cobraría {amountCents} centavos; Conekta cobra {leastCents} o más (MIN_CHARGE_CENTS), o nada",
  },
  amount_too_small: {
    en: "the amount would be {amountCents} cents; Conekta charges {leastCents} cents or more (MIN_CHARGE_CENTS), or nothing at all",
    es: "el monto sería de {amountCents} centavos; Conekta cobra {leastCents} o más (MIN_CHARGE_CENTS), o nada",
  },
  line_tax: { en: "line {line} {why}", es: "el concepto {line}: {why}" },
  item_tax: { en: "the item {why}", es: "el extra: {why}" },
  tax_partly_told: {
    en: "says no tax, and another line does; write tax for the plan, or for each of its lines",
    es: "no dice su impuesto y otro sí; indique el impuesto del plan, o de cada concepto",
  },
  tax_unknown_rate: {
    en: "has a rate that IVA does not have (there is no rate of {rate}); expected {known}",
    es: "el IVA no tiene la tasa {rate}; se espera {known}",
  },
  tax_rate_ended: {
    en: "has the rate of {rate}, which ended on {lastDay} ({source}); write 16, or, if it was extended, confirmed_until: and the last day you vouch for",
    es: "la tasa de {rate} terminó el {lastDay} ({source}); escriba 16 o, si se prorrogó, confirmed_until: y el último día que le consta",
  },
  not_a_plan_id: { en: '"{given}" is no id of a plan: {why}', es: '"{given}" no es un id de plan: {why}' },

  // ---- consents
  consent_length: { en: "expected 1 to {most} characters", es: "se esperan de 1 a {most} caracteres" },
  consent_amount: { en: "expected whole cents, 0 or more", es: "se esperan centavos enteros, 0 o más" },
  consent_ahead: {
    en: "expected an instant that is past: nobody has agreed yet",
    es: "se espera un instante pasado: nadie ha aceptado todavía",
  },
  // ---- subscriptions
  subscription_exists: {
    en: "there is a subscription {id} already; choose another id",
    es: "ya existe la suscripción {id}; elija otro id",
  },
  periods_over: {
    en: "all {count} periods of plan {planId} are over for a start at {start}; choose a later start, or bill the past on purpose",
    es: "los {count} periodos del plan {planId} ya pasaron con inicio en {start}; elija otro inicio, o cobre el pasado a propósito",
  },
  same_plan_twice: {
    en: "{customerId} is on plan {planId} already, as {otherId}{gone}; both would be charged",
    es: "{customerId} ya está en el plan {planId}, como {otherId}{gone}; se cobrarían ambas",
  },
  period_billed_already: {
    en: "{customerId} has been billed for this period already, by {otherId} (plan {otherPlanId}){gone}; this one would charge for it again at once",
    es: "a {customerId} ya se le cobró este periodo con {otherId} (plan {otherPlanId}){gone}; esta lo cobraría otra vez de inmediato",
  },
  goes_on_beside_file: {
    en: ", which is no longer in the file and goes on",
    es: ", que ya no está en el archivo y sigue vigente",
  },
  subscription_is: { en: "subscription {id} is {status} already", es: "la suscripción {id} ya está {status}" },
  subscription_paused: { en: "subscription {id} is paused already", es: "la suscripción {id} ya está en pausa" },
  pause_planned: {
    en: "a pause of subscription {id} is planned already; resume it first, which withdraws that",
    es: "la suscripción {id} ya tiene una pausa programada; reanúdela primero, lo que la retira",
  },
  pause_backwards: {
    en: "the pause would end before it begins: from {from} until {until}",
    es: "la pausa terminaría antes de empezar: de {from} a {until}",
  },
  pause_from_now: { en: "now", es: "ahora" },
  pause_over: { en: "the pause would be over already, on {until}", es: "la pausa ya habría terminado, el {until}" },
  pause_without_end: {
    en: "from goes with until, the day from which it is charged again",
    es: "from va con until, el día desde el que se cobra de nuevo",
  },
  not_paused: {
    en: "subscription {id} is {status}, neither paused nor unpaid",
    es: "la suscripción {id} está {status}, ni en pausa ni impaga",
  },
  nothing_to_skip_ends: {
    en: "subscription {id} ends before its next cycle; there is nothing to skip",
    es: "la suscripción {id} termina antes de su siguiente ciclo; no hay qué saltar",
  },
  nothing_to_skip: {
    en: "subscription {id} has no cycle left to skip",
    es: "la suscripción {id} no tiene ciclos por saltar",
  },
  subscription_ended: {
    en: "subscription {id} is {status}, and does not begin again; add one with a new id",
    es: "la suscripción {id} está {status} y no vuelve a empezar; agregue otra con un id nuevo",
  },
  not_canceled: { en: "subscription {id} is not canceled", es: "la suscripción {id} no está cancelada" },
  not_skipped: {
    en: "the next cycle of subscription {id} is not skipped",
    es: "el siguiente ciclo de la suscripción {id} no está saltado",
  },
  skipped_has_begun: {
    en: "the cycle that was skipped, {cycle}, has begun on {on} already",
    es: "el ciclo saltado, {cycle}, ya empezó el {on}",
  },
  skipped_before_change: {
    en: "subscription {id} changes its plan or quantity on {on}, after the cycle that was skipped, {cycle}; take that change back first",
    es: "la suscripción {id} cambia de plan o cantidad el {on}, después del ciclo saltado, {cycle}; deshaga antes ese cambio",
  },
  no_cycle_to_come_of: {
    en: "subscription {id} has no cycle to come",
    es: "la suscripción {id} no tiene ciclos por venir",
  },
  change_wants_something: {
    en: "plan_id, quantity or both are needed",
    es: "hace falta plan_id, quantity o ambos",
  },
  preview_stale: {
    en: "the preview of this change is not what it would do any more. Nothing was changed",
    es: "la vista previa ya no es lo que el cambio haría. Nada cambió",
  },
  change_refused: { en: "subscription {id}: {why}", es: "la suscripción {id}: {why}" },
  change_nothing_changes: {
    en: "it is on this plan, in this quantity, already",
    es: "ya está en este plan y en esta cantidad",
  },
  change_ended: { en: "it has ended; add one with a new id", es: "ya terminó; agregue otra con un id nuevo" },
  change_ending: {
    en: "it is canceled at the end of its period; take that back first",
    es: "se cancela al terminar su periodo; retire eso primero",
  },
  change_own_lines: {
    en: "it has lines of its own, which a plan does not change",
    es: "tiene conceptos propios, que un plan no cambia",
  },
  change_other_currency: {
    en: "the plans are of different currencies",
    es: "los planes son de monedas distintas",
  },
  change_other_expiry: {
    en: "the plans differ in their number of charges, and it would end at another time",
    es: "los planes difieren en su número de cobros, y terminaría en otro momento",
  },
  change_other_interval: {
    en: "the plans are billed at different intervals; that begins a period of its own: apply it now or period_end",
    es: "los planes se cobran a intervalos distintos, lo que empieza un periodo propio: aplíquelo con now o period_end",
  },
  change_in_dunning: {
    en: "it owes an invoice that failed; apply it at period_end, or collect that first",
    es: "debe una factura que falló; aplíquelo con period_end, o cóbrela primero",
  },
  change_no_next_cycle: {
    en: "the last cycle of its plan is opened, and no other one comes",
    es: "ya se abrió el último ciclo de su plan y no viene otro",
  },
  change_no_period: {
    en: "no paid period is running; apply it at period_end",
    es: "no corre ningún periodo pagado; aplíquelo con period_end",
  },
  change_unpaid_period: {
    en: "its running period is not paid, so nothing of it can be given back; apply it at period_end",
    es: "su periodo en curso no está pagado y nada se puede devolver; aplíquelo con period_end",
  },
  change_earlier_change_waits: {
    en: "an earlier change waits for the next invoice; take that back first",
    es: "un cambio anterior espera la siguiente factura; retírelo primero",
  },
  change_earlier_change_unpaid: {
    en: "an earlier change of this period is not paid yet; collect that first, or apply it at period_end",
    es: "un cambio anterior de este periodo no está pagado; cóbrelo primero, o aplique este con period_end",
  },
  change_taxed_otherwise: {
    en: "its lines are not all taxed alike, of one rate and all of them included or all added; apply it at period_end",
    es: "sus conceptos no llevan el mismo impuesto, de una tasa y todos con él incluido o todos sin él; aplíquelo con period_end",
  },
  change_has_its_day: {
    en: "a day is for next_invoice and now: {apply} has its day already",
    es: "un día es para next_invoice y now: {apply} ya tiene el suyo",
  },
  change_begins_today: {
    en: "{given}: another interval begins today, {today}",
    es: "{given}: otro intervalo empieza hoy, {today}",
  },
  change_outside_period: {
    en: "{given} is no day of the running period, {from} to {to}",
    es: "{given} no es un día del periodo en curso, {from} a {to}",
  },
  undo_ended: { en: "it has ended; add one with a new id", es: "ya terminó; agregue otra con un id nuevo" },
  undo_none: { en: "nothing was changed that could be taken back", es: "no hay ningún cambio que retirar" },
  undo_took_effect: {
    en: "the last change has taken effect; change it back instead",
    es: "el último cambio ya surtió efecto; cámbiela de vuelta",
  },
  undo_charged: {
    en: "the last change was applied at once; change it back instead",
    es: "el último cambio se aplicó de inmediato; cámbiela de vuelta",
  },
  undo_spent: {
    en: "what the last change gave back was spent from the balance; change it back instead",
    es: "lo que devolvió el último cambio ya se gastó del saldo; cámbiela de vuelta",
  },
  no_such_day: {
    en: "it would be billed on the {day}th, a day that not every period of {planId} has: cancel it at its end, and add one on the new plan. Nothing was changed",
    es: "se cobraría el día {day}, que no todo periodo de {planId} tiene: cancélela al final y agregue una en el plan nuevo. Nada cambió",
  },
} as const satisfies Readonly<Record<string, Text>>;
