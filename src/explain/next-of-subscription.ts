/** What happens next to the subscription as a whole: whether anybody is charged at all, and when its next cycle falls due. */
import type { Facts, HaltFacts } from "./facts.ts";
import { dayAndTime } from "./text.ts";
import type { Next } from "./next.ts";
import { prefixed } from "./event-data.ts";

export function nextOfHalt(halt: HaltFacts): Next {
  const { kind, because, reconcileSince } = halt;
  if (kind === "restored")
    return {
      ...{ what: "halt", invoiceId: null, at: null },
      command: `puntual reconcile${prefixed(" --since ", reconcileSince?.toISOString())}`,
      why: {
        es: `No se cobra a nadie: los libros son más viejos que lo último que se cobró. Una persona debe completarlos. Registro: ${because}`,
        en: `Nobody is charged: these books are older than what was last charged from them. A person must complete them. ${because}`,
      },
    };
  return {
    ...{ what: "halt", invoiceId: null, at: null, command: "puntual doctor" },
    why: {
      es: `No se cobra a nadie: Conekta no acepta la llave. En cuanto una lectura funcione, se sigue. Registro: ${because}`,
      en: `Nobody is charged: Conekta does not accept the key. As soon as a read succeeds it goes on. ${because}`,
    },
  };
}

export function nextOfSubscription({ subscription }: Facts, now: Date): Next {
  const { id, status, timeZone, nextBillingAt, nextCycle, cancelAt } = subscription;
  const about = { invoiceId: null, command: null } as const;
  if (status === "canceled" || status === "completed")
    return {
      ...about,
      ...{ what: "nothing", at: null },
      why:
        status === "canceled"
          ? {
              es: "No vence ningún ciclo más: la suscripción está cancelada.",
              en: "No other cycle falls due: the subscription is canceled.",
            }
          : {
              es: "No vence ningún ciclo más: la suscripción terminó.",
              en: "No other cycle falls due: the subscription is complete.",
            },
    };
  if (nextBillingAt === null)
    return {
      ...about,
      ...{ what: "nothing", at: null },
      why: {
        es: "No vence ningún ciclo más: ya se abrió el último del plan.",
        en: "No other cycle falls due: the plan's last one was opened.",
      },
    };
  const time = dayAndTime(nextBillingAt, timeZone);
  if (cancelAt !== null && nextBillingAt >= cancelAt) {
    const end = dayAndTime(cancelAt, timeZone);
    return {
      ...about,
      ...{ what: "nothing", at: cancelAt },
      why: {
        es: `No vence ningún ciclo más: la suscripción termina el ${end.es}.`,
        en: `No other cycle falls due: the subscription ends on ${end.en}.`,
      },
    };
  }
  if (status === "paused" || status === "unpaid")
    return {
      ...{ what: "person", invoiceId: null, at: null, command: `puntual subscriptions resume ${id}` },
      why:
        status === "paused"
          ? {
              es: `Está en pausa: el ciclo ${nextCycle} vence el ${time.es}, pero se anula sin cobrarse, como los que sigan hasta que se reanude.`,
              en: `It is paused: cycle ${nextCycle} falls due on ${time.en} but is voided uncollected, like those after it, until it is resumed.`,
            }
          : {
              es: `Se dejó de cobrar: el ciclo ${nextCycle} vence el ${time.es}, pero se anula sin cobrarse, hasta que se reanude o ya no se deba nada.`,
              en: `Collecting was given up: cycle ${nextCycle} falls due on ${time.en} but is voided uncollected, until it is resumed or nothing is owed.`,
            },
    };
  return {
    ...about,
    ...{ what: "billing", at: nextBillingAt },
    why:
      nextBillingAt <= now
        ? {
            es: `El ciclo ${nextCycle} ya venció y se abre en la siguiente corrida.`,
            en: `Cycle ${nextCycle} has fallen due, and is opened at the next run.`,
          }
        : {
            es: `El ciclo ${nextCycle} vence el ${time.es}; antes no hay nada nuevo que cobrar.`,
            en: `Cycle ${nextCycle} falls due on ${time.en}; before that there is nothing new to collect.`,
          },
  };
}
