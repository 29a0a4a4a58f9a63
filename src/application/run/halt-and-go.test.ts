import { describe, expect, test } from "@jest/globals";
import type { HaltKind } from "../../domain/halt.ts";
import { go, halt } from "./halt-and-go.ts";

const NOW = new Date("2026-12-01T15:00:00Z");

/** A database that is halted by these, the first of which is shown. */
function halted(...kinds: readonly HaltKind[]) {
  const told: unknown[] = [];
  let left = kinds;
  const since = kinds.includes("restored") ? new Date("2026-11-01T00:00:00Z") : null;
  const needs = {
    store: {
      installation: async () => ({
        ...{ haltKind: left[0] ?? null, haltReconcileSince: since },
        haltReason: left[0] === undefined ? null : `since ${left[0]}`,
      }),
      haltCharging: async (reason: unknown, at: Date) => void told.push(["halted", reason, at]),
      resumeCharging: async (lifted: { readonly kind: HaltKind }, at: Date) => {
        told.push([lifted, at]);
        left = left.filter((kind) => kind !== lifted.kind);
      },
    },
    clock: { now: () => NOW },
    log: {
      warn: (...line: unknown[]) => void told.push(line),
      info: (...line: unknown[]) => void told.push(line),
    },
  } as unknown as Parameters<typeof go>[0];
  return { needs, told };
}

test("a person's halt is written with who and why, and logged", async () => {
  const { needs, told } = halted();
  await halt(needs, { why: "prices are wrong", by: "ana" });
  const because = "ana stopped charging: prices are wrong";
  expect(told).toEqual([
    ["halted", { kind: "person", because }, NOW],
    ["charging.halted", { because }],
  ]);
});

describe("go", () => {
  test.each<[kinds: readonly HaltKind[], lifted: readonly string[], because: string]>([
    [[], [], "nothing halts it"],
    [["person"], ["since person"], "a person lifts it"],
    [
      ["charged_elsewhere", "limit", "person"],
      ["since charged_elsewhere", "since limit", "since person"],
      "all of them",
    ],
    [["limit", "unauthorized"], ["since limit"], "what is left is mended otherwise, and some was lifted"],
  ])("where %j halt: %j (%s)", async (kinds, lifted) => {
    expect(await go(halted(...kinds).needs, { why: null, by: "ana" })).toEqual(lifted);
  });

  test.each<[kind: HaltKind, mend: object | null]>([
    ["unauthorized", null],
    ["restored", { do: "sweep_since", since: new Date("2026-11-01T00:00:00Z") }],
  ])("%s alone is refused, with what mends it: %j", async (kind, mend) => {
    const { needs, told } = halted(kind);
    const refused = await go(needs, { why: null, by: "ana" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      name: "Refused",
      said: { code: "halt_not_lifted", datum: { because: `since ${kind}` } },
    });
    expect((refused as { readonly mend?: object | null }).mend ?? null).toEqual(mend);
    expect(told).toEqual([]);
  });

  test.each<[why: string | null, lifted: object]>([
    [null, { kind: "limit", by: "ana" }],
    ["it was a test", { kind: "limit", by: "ana", why: "it was a test" }],
  ])("for the reason %j it is written, and logged", async (why, lifted) => {
    const { needs, told } = halted("limit");
    await go(needs, { why, by: "ana" });
    expect(told).toEqual([
      [lifted, NOW],
      ["charging.resumed", { kind: "limit", by: "ana" }],
    ]);
  });
});
