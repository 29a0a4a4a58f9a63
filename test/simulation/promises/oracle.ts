/**
 * The oracle: what merchants are promised, demanded of each simulated life.
 *
 * It judges by the gateway's ledger, the clock, what people asked for and what they were shown, and by rules written from
 * the documentation. No rule of the program is imported here: a mistake there must show against this, and not agree.
 */
import type { BooksView } from "../books-view.ts";
import { newAskedLog } from "./asked.ts";
import { newBook } from "./book.ts";
import { causesCheck } from "./causes.ts";
import { changeCheck } from "./changes.ts";
import { chargeCheck } from "./charges.ts";
import { goodCardCheck } from "./good-cards.ts";
import { lightCheck } from "./lights.ts";
import { owedCheck } from "./owed.ts";
import { contextOf } from "./promises-of.ts";
import { previewCheck } from "./previews.ts";
import type { Asked, Light, Needs, Preview } from "./promised.ts";
import { shownCheck } from "./shown.ts";
import { statusCheck } from "./statuses.ts";
import { disputeCheck } from "./disputes.ts";
import { runLimitCheck } from "./run-limits.ts";
import { toldDaysCheck } from "./told-days.ts";
import { toldFactsCheck } from "./told-facts.ts";

export type Oracle = {
  /** After each simulated day. */
  look(news: BooksView): Promise<void>;
  /** A run begins. */
  begins(): RunJudged;
  asked(asked: Asked): void;
  /** When the books last took in another card of the customer; 0: never. */
  cardChangedMs(customerId: string): number;
  /** Something disturbs until then. */
  disturbedUntil(atMs: number): void;
  /** A backup is made. @returns called when it is put back */
  backUp(): () => void;
};

/** One run, from its beginning. */
export type RunJudged = {
  /** What `run --dry-run` showed just before. */
  foresaw(preview: Preview): void;
  over(light: Light): void;
};

/** @param leftAtMs when the charge of a reference left, by the true time */
export function newOracle(needs: Needs, leftAtMs: ReadonlyMap<string, number>): Oracle {
  const { world } = needs;
  const book = newBook();
  const asked = newAskedLog();
  const context = contextOf(needs, book, asked, leftAtMs);
  const owed = owedCheck(context);
  const causes = causesCheck(context);
  const changes = changeCheck(context);
  const charges = chargeCheck(context);
  const statuses = statusCheck(context);
  const cards = goodCardCheck(context);
  const lights = lightCheck(context);
  const previews = previewCheck(context);
  const toldFacts = toldFactsCheck(context);
  const toldDays = toldDaysCheck(context);
  const disputes = disputeCheck(context);
  const runLimits = runLimitCheck(context);
  const shown = shownCheck(context);
  let looks = 0;

  return {
    look: async (news) => {
      const noted = book.note(news, needs.nowMs());
      charges.look(noted.invoices);
      changes();
      causes(noted.invoices);
      statuses.look(noted);
      toldFacts(noted);
      toldDays.look(noted);
      disputes.look(noted);
      runLimits(noted);
      cards.look(noted.invoices);
      statuses.daily();
      cards.daily();
      toldDays.daily();
      lights.daily();
      await owed.look();
      looks += 1;
      if (looks % 7 === 0) await shown();
    },
    cardChangedMs: (customerId) => book.cardChangedMs(customerId),
    begins: () => {
      const judge = lights.begins();
      let compare: ((light: Light) => void) | null = null;
      return {
        foresaw: (preview) => {
          compare = previews(preview);
        },
        over: (light) => {
          judge(light);
          toldDays.over(light);
          disputes.over(light);
          compare?.(light);
        },
      };
    },
    asked: (each) => {
      charges.notePrices();
      asked.note(each);
    },
    disturbedUntil: (atMs) => {
      world.goodSinceMs = Math.max(world.goodSinceMs, atMs);
    },
    backUp: () => {
      const putBack = asked.backUp();
      return () => {
        world.hasForgotten = true;
        putBack();
        book.forget();
        charges.forget();
        statuses.forget();
        toldDays.forget();
        disputes.forget();
      };
    },
  };
}
