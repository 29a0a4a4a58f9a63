/** Sentences about what waits for the next invoices: items, coupons, the customer's balance. */
import { formatMoney } from "../domain/money.ts";
import { type EventStory, moneyOf, numberIn, prefixed, wordIn } from "./event-data.ts";
import type { Text } from "../domain/language.ts";

export const WAITING_SENTENCES = {
  "item.added": (event) => {
    const what = itemOf(event);
    const how =
      event.data["ownInvoice"] === true
        ? { es: "se cobra por separado", en: "it has an invoice of its own" }
        : { es: "va en el siguiente cobro", en: "it rides on the next invoice" };
    return {
      es: `Una persona agregó un extra:${what}; ${how.es}.`,
      en: `A person added an item:${what}; ${how.en}.`,
    };
  },
  "item.removed": (event) => {
    const what = itemOf(event);
    return { es: `Una persona quitó el extra${what}.`, en: `A person removed the item${what}.` };
  },
  "balance.granted": (event) => {
    const [money, why] = [prefixed(" ", moneyOf(event)), prefixed(": ", wordIn(event.data, "reason"))];
    const left = leftOf(event);
    return {
      es: `Una persona dio saldo a favor al cliente${money}${why}.${left.es}`,
      en: `A person gave the customer a balance${money === "" ? "" : ` of${money}`}${why}.${left.en}`,
    };
  },
  "balance.taken": (event) => {
    const [money, why] = [prefixed(" ", moneyOf(event)), prefixed(": ", wordIn(event.data, "reason"))];
    const left = leftOf(event);
    return {
      es: `Una persona quitó saldo al cliente${money}${why}.${left.es}`,
      en: `A person took of the customer's balance${money}${why}.${left.en}`,
    };
  },
  "coupon.created": ({ data }) => ({
    es: `Se creó el cupón${codeOf(data)}.`,
    en: `The coupon${codeOf(data)} was created.`,
  }),
  "coupon.archived": ({ data }) => ({
    es: `Se archivó el cupón${codeOf(data)}: ya no se da.`,
    en: `The coupon${codeOf(data)} was archived: nobody is given it any more.`,
  }),
  "coupon.given": ({ data }) => {
    const [from, until] = [numberIn(data, "fromCycle"), numberIn(data, "untilCycle")];
    const worth = prefixed(", ", wordIn(data, "worth"));
    const cycles =
      from === null
        ? { es: "", en: "" }
        : until === null
          ? { es: `: desde el ciclo ${from}`, en: `: from cycle ${from} on` }
          : { es: `: ciclos ${from} a ${until - 1}`, en: `: cycles ${from} to ${until - 1}` };
    return {
      es: `Una persona dio el cupón${codeOf(data)}${cycles.es}.`,
      en: `A person gave the coupon${codeOf(data)}${worth}${cycles.en}.`,
    };
  },
  "coupon.taken": ({ data }) => ({
    es: `Una persona quitó el cupón${codeOf(data)}: los ciclos por venir se cobran sin él.`,
    en: `A person took the coupon${codeOf(data)} away: the cycles to come are charged without it.`,
  }),
} satisfies Readonly<Record<`${"item" | "balance" | "coupon"}.${string}`, (event: EventStory) => Text>>;

function itemOf(event: EventStory): string {
  return prefixed(" ", wordIn(event.data, "name")) + prefixed(", ", moneyOf(event));
}

function codeOf(data: EventStory["data"]): string {
  return prefixed(" ", wordIn(data, "code"));
}

function leftOf({ data }: EventStory): Text {
  const [cents, currency] = [numberIn(data, "balanceCents"), wordIn(data, "currency")];
  if (cents === null || currency === null) return { es: "", en: "" };
  const money = formatMoney(Math.abs(cents), currency);
  if (cents < 0) return { es: ` Debe todavía ${money}.`, en: ` ${money} are still owed.` };
  return { es: ` Tiene ${money} a favor.`, en: ` ${money} are to the good.` };
}
