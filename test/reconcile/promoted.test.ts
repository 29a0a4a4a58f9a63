/** A standby that was promoted, without its last commits, under a process that goes on: it charges nobody a second time. */
import { afterEach, expect, test } from "@jest/globals";
import type { SharedLimits } from "../../src/application/ports/shared-limits.ts";
import type { BillNeeds } from "../../src/application/run/bill-due.ts";
import { type Biller, createBiller } from "../../src/application/run/biller.ts";
import type { Assembly } from "../../src/assemble.ts";
import { MINUTE_MS } from "../../src/domain/duration.ts";
import { DatabaseUnusable } from "../../src/domain/errors.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { copyOf, openSweptApp } from "./swept-app.ts";

const GO_ON = new AbortController().signal;

let app: AppFixture;
let standby: Assembly;
afterEach(async () => {
  await standby[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** `tells`: its timeline. */
type Server = { isAway: boolean; isPromoted: boolean; readonly tells: boolean };

/** What is asked of the first goes to the second once that was promoted. */
function served<Part extends object>(server: Server, first: Part, second: Part): Part {
  const now = (): Part => (server.isPromoted ? second : first);
  return new Proxy(first, {
    get(_first, name: keyof Part & string) {
      const value: unknown = now()[name];
      if (typeof value === "function")
        return (...given: unknown[]): unknown => {
          if (server.isAway) throw new DatabaseUnusable("the database closed the connection", { isOfServer: true });
          return value.apply(now(), given);
        };
      return typeof value === "object" && value !== null
        ? served(server, first[name] as object, second[name] as object)
        : value;
    },
  });
}

async function billerOf(server: Server): Promise<Biller> {
  const [here, there] = [await app.biller(), await standby.biller()];
  const part = <Name extends keyof BillNeeds>(name: Name): BillNeeds[Name] =>
    served(server, here.needs[name] as object, there.needs[name] as object) as BillNeeds[Name];
  const shared: SharedLimits = {
    takeTurn: async () => {},
    gatewayFails: async () => 0,
    failingUntil: async () => null,
    heldDue: async () => [],
    timeline: async () => (server.isPromoted ? "00000002" : "00000001"),
  };
  const needs = {
    ...here.needs,
    shared: server.tells ? shared : null,
    store: part("store"),
    sweep: part("sweep"),
    webhooks: part("webhooks"),
  };
  // A server's nodes outlive its failover.
  const owner = {
    get id() {
      return (server.isPromoted ? there : here).owner.id;
    },
    get epoch() {
      return (server.isPromoted ? there : here).owner.epoch;
    },
  };
  return createBiller(needs, owner, here.limits);
}

test.each<[minutes: number, isNoticed: boolean, because: string]>([
  [2, true, "its order is in the window of what a copy may have made, and was known"],
  [60, true, "its order is older than that window"],
  [60, false, "the standby answers before anybody has asked: it tells that it was promoted"],
])("what it lacks was charged %i minutes before, a tick fails: %p (%s)", async (minutes, isNoticed) => {
  app = await openSweptApp();
  await app.run();
  await app.subscribeWithCard("ana");
  standby = await copyOf(app);
  const server = { isAway: false, isPromoted: false, tells: !isNoticed };
  const biller = await billerOf(server);
  expect((await biller.tick(GO_ON)).summary.outcomes.paid).toBe(1);
  app.clock.advance(minutes * MINUTE_MS);
  await app.subscribeWithCard("carla");
  await biller.tick(GO_ON);
  const ledger = app.sandbox.ledger();

  server.isAway = isNoticed;
  const failed = isNoticed ? await biller.tick(GO_ON).then(() => null, String) : null;
  Object.assign(server, { isAway: false, isPromoted: true });
  const { summary } = await biller.tick(GO_ON);
  expect(failed?.includes("closed the connection") ?? false).toBe(isNoticed);
  expect(summary.haltReason).toContain("these books are older than what was last charged from them");
  expect(app.sandbox.ledger()).toEqual(ledger);
});
