import { describe, expect, test } from "@jest/globals";
import { billingAt, firstCycleNotOver, type Schedule } from "./calendar.ts";
import { type CatchUp, type Opening, type OpeningDecision, openingDecisions, paceAt } from "./catch-up.ts";

/** Monthly from 31 January; the daemon comes back on 10 June, 10:00 in Tijuana, when cycle 4 (31 May) is current. */
const schedule: Schedule = {
  interval: "month",
  frequency: 1,
  anchorLocal: "2026-01-31T09:00",
  timeZone: "America/Tijuana",
};
const now = "2026-06-10T17:00Z";
const latestDueCycle = firstCycleNotOver(schedule, new Date(now));

describe("what happens to each cycle opened now", () => {
  test.each<[CatchUp, string, Partial<Opening>, string, string]>([
    // catch_up, cycles, besides, decisions, because
    ["oldest_first", "4", {}, "now", "nothing was missed"],
    ["latest_only", "4", {}, "now", "nothing was missed"],
    ["all", "4", {}, "now", "nothing was missed"],
    ["ask", "4", {}, "now", "what is newly due needs no asking"],
    ["oldest_first", "3 4", {}, "now now", "the missed one is collected besides the newly due one"],
    [
      "oldest_first",
      "0 1 2 3 4",
      {},
      "now 2026-06-11T17:00Z 2026-06-12T17:00Z 2026-06-13T17:00Z now",
      "one missed invoice a local day, the oldest first",
    ],
    ["latest_only", "0 1 2 3 4", {}, "void void void void now", "the current one is the latest"],
    ["all", "0 1 2 3 4", {}, "now now now now now", "as the plan says"],
    ["ask", "0 1 2 3 4", {}, "hold hold hold hold now", "a person decides about the missed ones"],

    // The pass is too small for all of them: each is decided as if it were opened with the others.
    [
      "oldest_first",
      "2 3 4",
      { lastMissedAt: new Date("2026-06-11T17:00Z") },
      "2026-06-12T17:00Z 2026-06-13T17:00Z now",
      "an earlier pass has taken today and tomorrow",
    ],
    ["latest_only", "0 1", {}, "void void", "the latest is still to be opened"],
    ["latest_only", "4", {}, "now", "the last pass holds the current one"],
    ["oldest_first", "3", { lastMissedAt: new Date(now) }, "2026-06-11T17:00Z", "today is taken"],
    [
      "oldest_first",
      "3",
      { lastMissedAt: new Date("2026-06-10T07:30Z") },
      "2026-06-11T07:30Z",
      "one was collected earlier today",
    ],
    [
      "oldest_first",
      "2 3",
      { lastMissedAt: new Date("2026-03-01T17:00Z") },
      "now 2026-06-11T17:00Z",
      "the last catch-up is long past, and nothing is due in the past",
    ],

    // Subscriptions that have ended: no period is current, so the latest due cycle is missed itself.
    ["latest_only", "1 2 3", { latestDueCycle: 3 }, "void void now", "the newest missed one, as there is no current"],
    ["oldest_first", "2 3", { latestDueCycle: 3 }, "now 2026-06-11T17:00Z", "its last charge is missed too"],
    ["ask", "3", { latestDueCycle: 3 }, "hold", "its last charge is missed too"],
    ["all", "", {}, "", "nothing is opened"],
  ])("%s, cycles %j %j: %s (%s)", (catchUp, cycles, besides, decisions) => {
    const actual = openingDecisions({ ...openingOf(catchUp, cycles), ...besides });
    expect(actual.map((decision) => textOf(decision)).join(" ")).toBe(decisions);
  });

  test.each([
    // now, cycle 3 is, because
    ["2026-05-31T15:59:59.999Z", "now", "its period is not over for another millisecond"],
    ["2026-05-31T16:00Z", "hold", "a period's end belongs to the next"],
  ])("opened at %s, the invoice of 30 April: %s (%s)", (at, decision) => {
    const opening = { ...openingOf("ask", "3"), now: new Date(at) };
    expect(openingDecisions(opening).map((each) => textOf(each, new Date(at)))).toEqual([decision]);
  });

  test("a local day keeps its wall time over a change of the clocks", () => {
    const opening = { ...openingOf("oldest_first", "0 1 2"), now: new Date("2026-10-31T17:00Z") };
    expect(openingDecisions({ ...opening, latestDueCycle: 8 })).toEqual([
      { do: "collect", at: new Date("2026-10-31T17:00Z") },
      { do: "collect", at: new Date("2026-11-01T18:00Z") },
      { do: "collect", at: new Date("2026-11-02T18:00Z") },
    ]);
  });

  test.each<[CatchUp]>([["latest_only"], ["all"], ["ask"]])(
    "%s: cutting the pass in two changes nothing",
    (catchUp) => {
      const decisionsOf = (cycles: string) => openingDecisions(openingOf(catchUp, cycles));
      expect([...decisionsOf("0 1"), ...decisionsOf("2 3 4")]).toEqual(decisionsOf("0 1 2 3 4"));
    },
  );

  test("oldest_first: cutting the pass in two changes nothing when the last one's day is handed on", () => {
    const whole = openingDecisions(openingOf("oldest_first", "0 1 2 3 4"));
    for (let cut = 1; cut <= 4; cut++) {
      const earlier = openingDecisions(openingOf("oldest_first", "0 1 2 3 4".slice(0, 2 * cut - 1)));
      const last = earlier.at(-1);
      const later = openingDecisions({
        ...openingOf("oldest_first", "0 1 2 3 4".slice(2 * cut)),
        lastMissedAt: last?.do === "collect" ? last.at : null,
      });
      expect([...earlier, ...later]).toEqual(whole);
    }
  });
});

describe("whose turn it is, when several missed ones are overdue", () => {
  test.each<[string, string, string, string, string, string]>([
    // planned, older planned, last tried, now, turn, because
    ["2026-06-10T17:00Z", "", "", "2026-06-10T17:00Z", "now", "nothing else was missed"],
    ["2026-06-08T17:00Z", "", "", "2026-06-10T22:00Z", "now", "the oldest of those that are overdue"],
    ["2026-06-09T17:00Z", "2026-06-08T17:00Z", "", "2026-06-10T22:00Z", "2026-06-11T17:00Z", "the oldest takes today"],
    [
      "2026-06-10T17:00Z",
      "2026-06-08T17:00Z 2026-06-09T17:00Z",
      "",
      "2026-06-10T22:00Z",
      "2026-06-12T17:00Z",
      "today and tomorrow are taken",
    ],
    [
      "2026-06-11T17:00Z",
      "2026-06-11T17:00Z 2026-06-12T17:00Z",
      "2026-06-10T22:00Z",
      "2026-06-11T17:00Z",
      "2026-06-13T17:00Z",
      "behind those that were moved before, and never onto one of their days",
    ],
    ["2026-06-09T17:00Z", "", "2026-06-10T07:30Z", "2026-06-10T22:00Z", "2026-06-11T17:00Z", "one went this morning"],
    [
      "2026-06-10T17:00Z",
      "",
      "2026-06-09T17:00:40Z",
      "2026-06-10T17:00Z",
      "now",
      "a late tick yesterday delays nobody",
    ],
    ["2026-06-10T17:00Z", "", "2026-06-10T06:59Z", "2026-06-10T17:00Z", "now", "the local day begins at 07:00 UTC"],
    ["2026-06-10T17:00Z", "", "2027-01-01T17:00Z", "2026-06-10T17:00Z", "2026-06-11T17:00Z", "tried by a wrong clock"],
    ["2026-10-30T16:00Z", "2026-10-30T16:00Z", "", "2026-10-31T17:00Z", "2026-11-01T17:00Z", "09:00 stays 09:00"],
    [
      "2026-06-10T17:00Z",
      "2026-06-10T17:30Z",
      "",
      "2026-06-10T17:00Z",
      "2026-06-11T17:00Z",
      "the older one could not be sent, and is tried again in half an hour",
    ],
  ])("planned %s, older %j, tried %j, at %s: %s (%s)", (planned, older, tried, at, turn) => {
    const olderPlannedAt = older
      .split(" ")
      .filter((text) => text !== "")
      .map((text) => new Date(text));
    const lastTriedAt = tried === "" ? null : new Date(tried);
    const { timeZone } = schedule;
    const actual = paceAt({ plannedAt: new Date(planned), olderPlannedAt, lastTriedAt, timeZone }, new Date(at));
    expect(actual?.toISOString().replace(":00.000Z", "Z") ?? "now").toBe(turn);
  });

  test("each local day exactly one goes, the oldest first, until none waits", () => {
    let waiting = ["a", "b", "c", "d", "e"].map((id, day) => ({ id, at: new Date(Date.UTC(2026, 5, 1 + day, 17)) }));
    const went: string[] = [];
    let lastTriedAt: Date | null = null;
    for (let day = 0; day < 10; day++) {
      const at = new Date(Date.UTC(2026, 5, 4 + day, 17, 5));
      const decided = waiting.map(({ id, at: plannedAt }, place): { id: string; at: Date; goes: boolean } => {
        if (plannedAt > at) return { id, at: plannedAt, goes: false };
        const olderPlannedAt = waiting.slice(0, place).map((older) => older.at);
        const turn = paceAt({ plannedAt, olderPlannedAt, lastTriedAt, timeZone: schedule.timeZone }, at);
        return { id, at: turn ?? plannedAt, goes: turn === null };
      });
      const goes = decided.filter((each) => each.goes);
      if (goes.length > 0) lastTriedAt = at;
      went.push(goes.map(({ id }) => id).join("+"));
      waiting = decided.filter((each) => !each.goes);
    }
    expect(went).toEqual(["a", "b", "c", "d", "e", "", "", "", "", ""]);
  });

  test("one that was put off to tomorrow keeps tomorrow: a newer one comes after it", () => {
    const [plannedAt, tomorrow] = [new Date("2026-06-10T17:00Z"), new Date("2026-06-11T17:00Z")];
    const facts = { plannedAt, olderPlannedAt: [tomorrow], lastTriedAt: null, timeZone: schedule.timeZone };
    expect(paceAt(facts, new Date("2026-06-10T17:05Z"))).toEqual(new Date("2026-06-12T17:00Z"));
  });

  test("one that is not due has no turn", () => {
    const [plannedAt, at] = [new Date("2026-06-11T17:00Z"), new Date("2026-06-10T17:00Z")];
    expect(() => paceAt({ plannedAt, olderPlannedAt: [], lastTriedAt: null, timeZone: "UTC" }, at)).toThrow("not due");
  });
});

describe("a bug of the caller stops here", () => {
  test.each([
    // cycles, message
    ["1 0", "cycles must ascend"],
    ["1 1", "cycles must ascend"],
    ["4 5", "the latest due is 4"],
  ])("cycles %s: %s", (cycles, message) => {
    expect(() => openingDecisions(openingOf("all", cycles))).toThrow(message);
  });
});

function openingOf(catchUp: CatchUp, cycles: string): Opening {
  return {
    catchUp,
    timeZone: schedule.timeZone,
    now: new Date(now),
    cycles: cycles
      .split(" ")
      .filter((text) => text !== "")
      .map(Number)
      .map((cycle) => ({ cycle, periodEnd: billingAt(schedule, cycle + 1) })),
    latestDueCycle,
    lastMissedAt: null,
  };
}

function textOf(decision: OpeningDecision, openedAt = new Date(now)): string {
  if (decision.do !== "collect") return decision.do;
  return decision.at.getTime() === openedAt.getTime() ? "now" : decision.at.toISOString().replace(":00.000Z", "Z");
}
