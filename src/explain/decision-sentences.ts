/** What dunning decided, and by which rule: one sentence of what an event's data says. */
import { ruleClause } from "./rule-clauses.ts";
import { NOTHING, sentence, type Text } from "./text.ts";
import { prefixed, timeIn, type Told, wordIn } from "./told.ts";
import { finalActionWords, reasonWords } from "./words.ts";

type Step = Pick<Told, "data" | "timeZone">;

const STEPS: Readonly<Record<string, (step: Step) => Text>> = {
  retry: (step) => {
    const at = timeIn(step, "nextAttemptAt");
    return { es: `la tarjeta se intenta de nuevo${at.es}`, en: `the card is tried again${at.en}` };
  },
  payment_link: () => ({ es: "sigue una liga de pago", en: "a payment link follows" }),
  wait_for_card: (step) => {
    const until = timeIn(step, "nextStepUntil", { es: " hasta el ", en: " until " });
    return { es: `se espera otra tarjeta${until.es}`, en: `another card is waited for${until.en}` };
  },
  grace: (step) => {
    const until = timeIn(step, "nextStepUntil", { es: " hasta el ", en: " until " });
    return { es: `corre el plazo de gracia${until.es}`, en: `a period of grace runs${until.en}` };
  },
  write_off: ({ data }) => {
    const reason = wordIn(data, "statusReason");
    const action = wordIn(data, "finalAction");
    const [why, then] = [
      reason === null ? NOTHING : reasonWords(reason),
      action === null ? NOTHING : finalActionWords(action),
    ];
    return {
      es: `el cobro se da por incobrable${prefixed(", pues ", why.es)}${prefixed("; ", then.es)}`,
      en: `the invoice is written off${prefixed(", as ", why.en)}${prefixed("; ", then.en)}`,
    };
  },
  hold: () => ({
    es: "el cobro queda retenido hasta que decida una persona",
    en: "the invoice is held until a person decides",
  }),
};

/** "The card is tried again on …: <rule>." Nothing where nothing was decided. */
export function decisionSentence(step: Step): Text {
  const { data } = step;
  const name = wordIn(data, "nextStep") ?? (wordIn(data, "nextAttemptAt") === null ? null : "retry");
  const told = name !== null && Object.hasOwn(STEPS, name) ? STEPS[name]?.(step) : undefined;
  const rule = ruleClause(step);
  if (told === undefined) return rule === null ? NOTHING : sentence({ es: `${rule.es}.`, en: `${rule.en}.` });
  return sentence({ es: `${told.es}${prefixed(": ", rule?.es)}.`, en: `${told.en}${prefixed(": ", rule?.en)}.` });
}
