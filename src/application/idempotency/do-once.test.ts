/** What is asked for twice is done once, and answered twice: also where the first is under way, failed, or died. */
import { describe, expect, test } from "@jest/globals";
import { GatewayUnavailable, RequestInProgress } from "../../domain/errors.ts";
import type { Answer, Behalf, KeptRequest, Reader, Request, RequestRecords } from "../ports/requests.ts";
import { carryOut, doOnce } from "./do-once.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const after = (ms: number): Date => new Date(NOW.getTime() + ms);
const REQUEST: Request = { method: "POST", path: "/v1/items", key: "k1", id: "req_1", bodyHash: "abc" };
const DONE: Answer = { status: 201, body: "made" };
const KEPT: Answer = { status: 201, body: "kept" };
const FORESEEN = new GatewayUnavailable("no answer");
const BUG = new TypeError("x is undefined");

const kept = (answer: Answer | null, bodyHash = "abc"): KeptRequest => ({ bodyHash, answer, claimedUntil: null });

type World = {
  /** What the books have of the request, each time they are asked; the last for ever. */
  readonly found?: readonly (KeptRequest | null)[];
  readonly callsConekta?: boolean;
  readonly isFree?: boolean;
  readonly fails?: Error;
  readonly makes?: boolean;
};

async function done({ found = [null], callsConekta = false, isFree = true, fails, makes = false }: World) {
  const told: unknown[] = [];
  let asked = 0;
  let isActing = false;
  const requests = {
    find: async () => found[Math.min(asked++, found.length - 1)],
    claim: async (_request: Request, now: Date, until: Date) => (told.push(["claim", now, until]), isFree),
    release: async (id: string) => void told.push(["release", id]),
    hold: async (id: string, until: Date) => void told.push(["hold", id, until]),
  } as unknown as RequestRecords;
  // A second has passed by the time it failed.
  const clock = { now: () => (isActing ? after(1000) : NOW) };
  const act = async (noteMade: () => void): Promise<Answer> => {
    isActing = true;
    told.push("done");
    if (makes) noteMade();
    if (fails !== undefined) throw fails;
    return DONE;
  };
  const result = await doOnce(requests, REQUEST, { clock, callsConekta, carryOut: act }).catch(
    (error: unknown) => error,
  );
  return { result, told };
}

const CLAIMED = ["claim", NOW, after(5 * 60_000)];

describe("a request with a key", () => {
  // prettier-ignore
  test.each<[world: World, result: unknown, told: readonly unknown[], because: string]>([
    [{}, { ...DONE, isReplay: false }, ["done"], "it is new: it is done"],
    [{ found: [kept(KEPT)] }, { ...KEPT, isReplay: true }, [], "it was answered: the same answer again"],
    [{ found: [kept(KEPT, "xyz")] }, null, [], "its key was used with another body"],
    [{ found: [kept(null, "xyz")], callsConekta: true }, null, [], "so it was, though nothing was answered"],
    [{ found: [kept(null)] }, { ...DONE, isReplay: false }, ["done"], "it was begun, and not answered"],
    [{ fails: FORESEEN }, FORESEEN, ["done"], "it failed, and nobody else has done it"],
    [{ fails: FORESEEN, found: [null, kept(KEPT)] }, { ...KEPT, isReplay: true }, ["done"], "the same was done beside it: what stood in its way is what that made"],
    [{ fails: FORESEEN, found: [null, kept(KEPT, "xyz")] }, null, ["done"], "or another with its key"],
    [{ fails: BUG, found: [null, kept(KEPT)] }, BUG, ["done"], "a bug is no such thing"],
    [{ callsConekta: true }, { ...DONE, isReplay: false }, [CLAIMED, "done"], "Conekta is called: it is claimed before"],
    [{ callsConekta: true, isFree: false }, expect.any(RequestInProgress), [CLAIMED], "it is under way: nobody begins it again"],
    [{ callsConekta: true, fails: FORESEEN }, FORESEEN, [CLAIMED, "done", ["release", "req_1"]], "nothing came of it: its key is free again"],
    [{ callsConekta: true, fails: BUG, makes: true }, BUG, [CLAIMED, "done", ["hold", "req_1", after(31_000)]], "something was made at Conekta: reads show it by then"],
    [{ callsConekta: true, makes: true }, { ...DONE, isReplay: false }, [CLAIMED, "done"], "it was made, and answered"],
  ])("case %#", async (world, result, told) => {
    const seen = await done(world);
    expect(seen.result).toEqual(result);
    expect(seen.told).toEqual(told);
  });
});

describe("a change, and the answer with it", () => {
  type Change = "takes effect" | "changes nothing" | "is checked, and changes nothing";

  async function carried(change: Change, request: Request | null, check?: () => Promise<void>) {
    const told: unknown[] = [];
    const reader = { name: "of the transaction" } as unknown as Reader;
    const store = {
      requests: { keep: async (...args: unknown[]) => void told.push(["keep", ...args]) },
      onBehalf: (behalf: Behalf) => (told.push([behalf.actor, behalf.now, behalf.keep?.request ?? null]), behalf),
    } as unknown as Parameters<typeof carryOut<Behalf>>[0];
    const answer = await carryOut<Behalf>(store, {
      ...{ actor: { name: "ana", reason: null }, now: NOW, request },
      check: async (each) => {
        told.push(each === reader ? "checked" : "checked outside");
        await check?.();
      },
      change: async (behalf) => {
        if (change === "changes nothing") return;
        await behalf.check?.(reader);
        if (change === "takes effect") await behalf.keep?.answer(reader);
      },
      answer: async (each) => (told.push(each === reader ? "answered" : "answered outside"), DONE),
    }).catch((error: unknown) => error);
    return { answer, told: told.slice(1), behalf: told[0] };
  }

  // prettier-ignore
  test.each<[change: Change, request: Request | null, told: readonly unknown[], because: string]>([
    ["takes effect", REQUEST, ["checked", "answered"], "the answer is written in its transaction"],
    ["is checked, and changes nothing", REQUEST, ["checked", "answered outside", ["keep", REQUEST, DONE, NOW]], "it was so already: that is kept, too"],
    ["changes nothing", REQUEST, ["checked outside", "answered outside", ["keep", REQUEST, DONE, NOW]], "no transaction was begun: it is checked all the same"],
    ["takes effect", null, ["checked", "answered outside"], "without a key nothing is kept"],
    ["changes nothing", null, ["checked outside", "answered outside"], "nor where nothing was changed"],
  ])("that %s, of %j: %j (%s)", async (change, request, told) => {
    const seen = await carried(change, request);
    expect([seen.answer, seen.told]).toEqual([DONE, told]);
    expect(seen.behalf).toEqual([{ name: "ana", reason: null }, NOW, request]);
  });

  test("what the check refuses is refused where nothing would be changed, too", async () => {
    const { answer, told } = await carried("changes nothing", REQUEST, () => Promise.reject(FORESEEN));
    expect([answer, told]).toEqual([FORESEEN, ["checked outside"]]);
  });
});
