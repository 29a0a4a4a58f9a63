/** Whether cards are charged at all: the key, a halt, the process, and the guard that a flow relies on. */
import type { Text } from "../../domain/language.ts";
import { type ChargeFlow, wayOf } from "../../domain/ways-to-pay.ts";
import { guardIs, type GuardProbe } from "../../domain/guard-probe.ts";
import type { StatusCounts } from "../ports/listings/status-counts.ts";
import type { Unfinished } from "../ports/doctor.ts";
import type { Installation } from "../ports/installation.ts";
import { bad, ok, warn, type Finding } from "./finding.ts";
import { HOUR_MS } from "../../domain/duration.ts";
import { latenessOf } from "../../domain/lateness.ts";
import { recordedIn } from "../../explain/recorded-words.ts";

/** What came of asking Conekta with our key. */
export type KeyAnswer =
  | { readonly is: "accepted"; readonly livemode: boolean | null }
  | { readonly is: "refused" | "unreachable" | "missing"; readonly because: Text };

export function checkKey(answer: KeyAnswer, { livemode }: Pick<Installation, "livemode">): Finding {
  switch (answer.is) {
    case "missing":
      return bad("key", answer.because, "put_key");
    case "refused":
      return bad("key", answer.because, "put_right_key");
    case "unreachable":
      return warn(
        "key",
        {
          en: `not checked: ${answer.because.en}`,
          es: `no se revisó: ${answer.because.es}`,
        },
        "try_when_it_answers",
      );
    case "accepted":
      if (answer.livemode !== null && livemode !== null && answer.livemode !== livemode)
        return bad(
          "key",
          {
            en: `it is a ${mode(answer.livemode).en} key, and these are the books of ${mode(livemode).en} charges`,
            es: `es una llave ${mode(answer.livemode).es}, y estos son los libros de cobros ${mode(livemode).es}`,
          },
          "use_key_of_the_mode",
        );
      return ok(
        "key",
        answer.livemode === null
          ? { en: "accepted, its mode is not known yet", es: "aceptada; su modo aún no se conoce" }
          : { en: `accepted, ${mode(answer.livemode).en} mode`, es: `aceptada, modo ${mode(answer.livemode).es}` },
      );
    default:
      return answer satisfies never;
  }
}

export function checkHalt({ haltReason, haltKind }: Pick<Installation, "haltReason" | "haltKind">): Finding {
  if (haltReason === null) return ok("halt", { en: "charging is not halted", es: "el cobro no está detenido" });
  return bad(
    "halt",
    { en: `no card is charged: ${haltReason}`, es: `no se cobra ninguna tarjeta: ${recordedIn(haltReason, "es")}` },
    haltKind === "unauthorized" ? "mend_key" : haltKind === "restored" ? "sweep" : "go",
  );
}

type Due = Pick<StatusCounts, "attempts" | "openableSince" | "nextAttemptAt" | "nextInquiryAt" | "lastEventAt">;

/** @param chargingPid the process that holds the right to charge; null: none */
export function checkProcess(chargingPid: string | null, due: Due, now: Date): Finding {
  const late = latenessOf([due.openableSince, due.nextAttemptAt, due.nextInquiryAt], now);
  const since = late.since?.toISOString();
  const work: Text = late.isLate
    ? { en: `work is due since ${since}`, es: `hay trabajo pendiente desde ${since}` }
    : { en: "nothing is late", es: "nada está atrasado" };
  if (chargingPid === null) {
    const found = {
      en: `no process charges now, ${work.en}`,
      es: `ningún proceso cobra ahora, ${work.es}`,
    };
    const mend = "start";
    const sending = due.attempts["sending"] ?? 0;
    if (sending > 0)
      return bad(
        "process",
        {
          en: `no process charges now, and nobody asks what became of ${sending} under way when one died`,
          es: `ningún proceso cobra ahora, y nadie pregunta qué fue de ${sending} en curso cuando uno murió`,
        },
        mend,
      );
    return late.ms > 24 * HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
  }
  const at = due.lastEventAt?.toISOString();
  const last: Text =
    at === undefined
      ? { en: "nothing happened yet", es: "aún no pasa nada" }
      : { en: `the last event is of ${at}`, es: `el último evento es de ${at}` };
  const found = {
    en: `process ${chargingPid} charges, ${work.en}, ${last.en}`,
    es: `el proceso ${chargingPid} cobra, ${work.es}, ${last.es}`,
  };
  if (!late.isLate) return ok("process", found);
  const mend = "read_log";
  return late.ms > HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
}

/** What its /readyz says, for those who do not ask it: the last tick of a process, which may have ended since. */
export function checkLastTick(
  unfinished: readonly Unfinished[],
  { haltReason }: Pick<Installation, "haltReason">,
): Finding {
  // A halt is a finding of its own.
  const [first] = unfinished.filter(({ because }) => because !== haltReason);
  if (first === undefined)
    return ok("last_tick", { en: "nothing that was due was left undone", es: "nada que tocaba quedó sin hacer" });
  const since = first.since.toISOString();
  return bad(
    "last_tick",
    {
      en: `left something undone since ${since}: ${first.because}`,
      es: `algo quedó sin hacer desde ${since}: ${recordedIn(first.because, "es")}`,
    },
    "read_log",
  );
}

export function checkGuard(flow: ChargeFlow, probe: GuardProbe | null): Finding {
  if (!wayOf({ flow }).sharesOrder)
    return ok("guard", {
      en: `the flow ${flow} does not rely on it`,
      es: `el flujo ${flow} no depende de ella`,
    });
  const mend = "prove_guard";
  if (probe === null) return warn("guard", UNPROVEN, mend);
  const when = probe.at.toISOString();
  const result = guardIs(probe);
  if (result === "refused")
    return ok("guard", {
      en: `Conekta refused to charge a paid order again, tried ${when}`,
      es: `Conekta se negó a cobrar de nuevo una orden pagada, probado el ${when}`,
    });
  if (result === "charged_twice")
    return bad(
      "guard",
      {
        en: `order_first rests on a guard that does not hold: a paid order was charged again, tried ${when}`,
        es: `order_first se apoya en una protección que no funciona: una orden pagada se cobró de nuevo, probado el ${when}`,
      },
      "use_single_flow",
    );
  return warn(
    "guard",
    {
      en: `${UNPROVEN.en}: what was tried ${when} showed nothing certain`,
      es: `${UNPROVEN.es}: lo probado el ${when} no mostró nada seguro`,
    },
    mend,
  );
}

const UNPROVEN = {
  en: "order_first rests on an unproven guard",
  es: "order_first se apoya en una protección sin probar",
};

function mode(livemode: boolean): Text {
  return livemode ? { en: "live", es: "real" } : { en: "test", es: "de prueba" };
}
