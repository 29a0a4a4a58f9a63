/** What strikes from outside, at moments drawn at the start: outages, downtime, wrong clocks, people, untrue letters. */
import type { Store } from "../../src/application/ports/store.ts";
import { BillingError, DatabaseUnusable } from "../../src/domain/errors.ts";
import type { Chance } from "./chance.ts";
import type { Checkers } from "./checks/checkers.ts";
import type { HostileGateway } from "./gateway/hostile-gateway.ts";
import { lateNews } from "./late-news.ts";
import { describe } from "./machine-log.ts";
import type { Merchant } from "./merchant.ts";
import { newClerk } from "./people/clerk.ts";
import { ACTS, actAsPerson } from "./people/people.ts";
import { termsAsPerson } from "./people/people-terms.ts";
import { extrasAsPerson, type ExtrasDone } from "./people/people-extras.ts";
import type { PersonNeeds } from "./people/person-needs.ts";
import type { Truth } from "./people/people-money.ts";
import type { PeopleProcesses } from "./people/people-processes.ts";
import type { Population } from "./populations.ts";
import type { Asked } from "./promises/promised.ts";
import type { RestoredBooks } from "./restored-books.ts";
import { MOST_SKEW_MS, type Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./checks/violation.ts";
import type { Watchmen } from "./watchmen.ts";
import type { Weather } from "./weather.ts";
import type { Post } from "./webhook-post.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 30.4 * DAY_MS;

export function troubles(needs: {
  readonly weather: Weather;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly report: Report;
  readonly chance: Chance;
  readonly merchant: Merchant;
  readonly checkers: Checkers;
  readonly store: Store;
  readonly world: HostileGateway;
  readonly watch: Watchmen;
  readonly people: PeopleProcesses;
  readonly desk: Pick<PersonNeeds, "clock" | "random" | "log">;
  readonly truth: Truth;
  readonly post: Post;
  readonly restored: RestoredBooks;
  readonly endMs: number;
  readonly isOver: () => boolean;
  /** A person begins a command. */
  readonly onAsked: (asked: Asked) => void;
  /** Nobody charges until then. */
  readonly onDown: (untilMs: number) => void;
  readonly population: Pick<Population, "hasClerk" | "hasClockStepsInPeace">;
  /** Null: people add nothing to the invoices of this life. */
  readonly extras: { readonly chance: Chance; readonly done: ExtrasDone } | null;
  /** Nothing but objects is bad. */
  readonly isCalm: boolean;
  readonly isSick: (customerId: string) => boolean;
}): void {
  const { weather, timeline, trace, report, chance, world, watch, post, restored, endMs } = needs;
  const startMs = timeline.nowMs();

  spread(weather.spellsPerMonth, () => {
    const kind = chance.pick(["unauthorized", "silent"] as const);
    trace.note(timeline.nowMs(), `spell ${kind}`);
    world.beginSpell(kind, Math.round(chance.fraction() ** 2 * 12 * HOUR_MS));
  });
  spread(weather.downtimesPerMonth, () => {
    const days = chance.happens(0.1) ? chance.between(20, 70) : chance.fraction() ** 2 * 20;
    watch.down(Math.round(days * DAY_MS));
    needs.onDown(timeline.nowMs() + Math.round(days * DAY_MS));
  });
  spread(weather.clockJumpsPerMonth, () => stepClock(2 * DAY_MS));
  if (weather.clockJumpsPerMonth > 0 && needs.population.hasClockStepsInPeace)
    for (const day of [3, 9, 17])
      timeline.at(endMs + day * DAY_MS + chance.between(0, DAY_MS), () => stepClock(HOUR_MS));
  if (needs.population.hasClerk) {
    const clerk = newClerk({
      ...{ checkers: needs.checkers, truth: needs.truth, trace, report, isCalm: needs.isCalm, isSick: needs.isSick },
      onAsked: (act, subscriptionId, invoiceId) => {
        const begunMs = timeline.nowMs();
        needs.onAsked({ ...{ act, subscriptionId, invoiceId, begunMs }, doneMs: begunMs, answer: null });
      },
    });
    for (let atMs = startMs + 3.4 * DAY_MS; atMs < endMs; atMs += 7 * DAY_MS)
      timeline.at(atMs, () => {
        if (!watch.isHeld)
          void clerk.work(() => ({ ...needs.people.begin(), ...needs.desk })).then(() => watch.planAgain());
      });
  }

  function stepClock(mostMs: number): void {
    const skewMs = Math.round((chance.fraction() - 0.5) * 2 * chance.pick([60_000, 10 * HOUR_MS, MOST_SKEW_MS]));
    trace.note(timeline.nowMs(), "clock jumps", String(skewMs));
    watch.faults["clock_jump"] = (watch.faults["clock_jump"] ?? 0) + 1;
    timeline.setSkew(skewMs);
    watch.wakeSoon();
    timeline.after(chance.between(1000, mostMs), () => {
      timeline.setSkew(0);
      watch.wakeSoon();
    });
  }

  if (weather.hasTwoDaemons) spread(1, () => watch.startAnother());
  spread(weather.peoplePerMonth, () => void personActs());
  spread(weather.peoplePerMonth / 10, () => {
    const customer = chance.pick(needs.merchant.customers);
    world.wallets.setMood(customer.id, chance.happens(0.6) ? "pays" : "declines");
  });
  spread(weather.cardChangesPerMonth, () =>
    world.wallets.changeBehindOurBack(chance.pick(needs.merchant.customers).id),
  );
  if (needs.extras !== null) {
    const { chance: extras, done } = needs.extras;
    for (let count = 0; count < 40; count++)
      timeline.at(extras.between(startMs, endMs), () => {
        if (!needs.isOver()) void extraActs(extras, done);
      });
  }
  spread(weather.newsPerMonth, () => void newsArrive());
  spread(weather.untrueWebhooksPerMonth, () => (chance.happens(0.5) ? post.forge() : post.lie()));
  spread(weather.restoresPerYear / 12, () => restored.begin());

  /** At moments of their own, as many as the months bring on average. */
  function spread(perMonth: number, happen: () => void): void {
    const expected = (perMonth * (endMs - startMs)) / MONTH_MS;
    const count = Math.floor(expected) + (chance.happens(expected % 1) ? 1 : 0);
    for (let index = 0; index < count; index++)
      timeline.at(chance.between(startMs, endMs), () => {
        if (!needs.isOver()) happen();
      });
  }

  async function personActs(): Promise<void> {
    if (watch.isHeld) return;
    const act = chance.weighted(ACTS);
    trace.note(timeline.nowMs(), `person ${act}`);
    watch.faults[`person_${act}`] = (watch.faults[`person_${act}`] ?? 0) + 1;
    const asked: Asked = {
      act,
      subscriptionId: "",
      invoiceId: "",
      begunMs: timeline.nowMs(),
      doneMs: null,
      answer: null,
    };
    try {
      asked.answer = await actAsPerson({ ...needs.people.begin(), ...needs.desk }, act, needs, (about, invoiceId) =>
        needs.onAsked(Object.assign(asked, { subscriptionId: about, invoiceId })),
      );
      asked.doneMs = timeline.nowMs();
      if (act === "edit_plans" && typeof asked.answer === "string")
        report("asked", `a past was rewritten by an edit of the plans: ${asked.answer}`);
    } catch (error) {
      trace.note(timeline.nowMs(), `person ${act} refused`, error instanceof Error ? error.message : "");
      if (!(error instanceof BillingError)) report("bug", `${act} threw ${describe(error)}`);
    }
    watch.planAgain();
  }

  async function extraActs(extras: Chance, done: ExtrasDone): Promise<void> {
    if (watch.isHeld) return;
    const nothing = { subscriptionId: "", invoiceId: "", begunMs: timeline.nowMs(), doneMs: null, answer: null };
    let asked: Asked = { ...nothing, act: "extras" };
    needs.onAsked(asked);
    try {
      const process = { ...needs.people.begin(), ...needs.desk };
      if (extras.happens(0.6))
        trace.note(timeline.nowMs(), "person adds", await extrasAsPerson(process, extras, { ...needs, done }));
      else {
        const { told, answer } = await termsAsPerson(
          process,
          extras,
          needs.merchant,
          (act, subscriptionId, comesTo) => {
            asked = { ...nothing, act, subscriptionId, answer: comesTo };
            needs.onAsked(asked);
          },
        );
        Object.assign(asked, { answer, doneMs: timeline.nowMs() });
        watch.faults[`person_${asked.act}`] = (watch.faults[`person_${asked.act}`] ?? 0) + 1;
        trace.note(timeline.nowMs(), "person changes", told);
      }
    } catch (error) {
      // Refused: it has changed nothing. Of what the disk failed under nobody knows.
      if (!(error instanceof DatabaseUnusable)) asked.answer = undefined;
      trace.note(timeline.nowMs(), "person adds, refused", error instanceof Error ? error.message : "");
      if (!(error instanceof BillingError)) report("bug", `an extra threw ${describe(error)}`);
    }
    watch.planAgain();
  }

  async function newsArrive(): Promise<void> {
    if (watch.isHeld) return;
    const told = await lateNews(needs);
    if (told !== null) trace.note(timeline.nowMs(), "news", told);
    watch.planAgain();
  }
}
