/** What is archived, in which order and how much at once: nothing is taken away before its copy was read again. */
import { expect, test } from "@jest/globals";
import { thrownBy } from "../../../test/support/thrown.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { ARCHIVE_AGE_DAYS } from "../../domain/archive.ts";
import type { Archive, ArchiveFile, ArchiveRecords, ClosedInvoices } from "../ports/archive.ts";
import { archiveInvoices } from "./archive-invoices.ts";

const NOW = new Date("2028-06-30T15:00:00Z");
const RANGE = { file: "old.db", before: new Date(NOW.getTime() - ARCHIVE_AGE_DAYS * DAY_MS) };
const ARCHIVE: Archive = {
  ...{ ...RANGE, id: "arc_1", startedAt: NOW, finishedAt: null, invoices: 0, attempts: 0, events: 0 },
};

/** So many of each; of invoices every tenth is still needed by the time it would be deleted. */
type Books = { readonly invoices?: number; readonly events?: number; readonly webhooks?: number };

async function archived({ invoices = 0, events = 0, webhooks = 0 }: Books, range = RANGE) {
  const done: string[] = [];
  const page = (kind: string, count: number, from: number, limit: number): ClosedInvoices => {
    const numbers = Array.from({ length: count }, (_, at) => at + 1).slice(from, from + limit);
    const last = numbers.at(-1);
    const after = last === undefined || last === count ? null : { openedAt: last, invoiceId: `${kind}${last}` };
    return { ids: numbers.map((number) => `${kind}${number}`), tables: {}, after };
  };
  const numberOf = (id: string): number => Number(id.replace(/\D/g, ""));
  const took = (what: string, { ids }: ClosedInvoices): void => void done.push(`${what} ${ids[0]}-${ids.at(-1)}`);
  const records: ArchiveRecords = {
    list: async () => [],
    count: async () => invoices,
    begin: async () => ARCHIVE,
    closed: async (_before, { after, limit }) => page("i", invoices, after?.openedAt ?? 0, limit),
    takeAway: async (_archive, copied) => {
      took("take", copied);
      return { invoices: copied.ids.filter((id) => numberOf(id) % 10 !== 0).length, attempts: 0, events: 0 };
    },
    looseEvents: async (_before, after, limit) => page("e", events, numberOf(after), limit),
    takeEventsAway: async (_archive, copied) => took("take", copied),
    handledWebhooks: async (_before, after, limit) => page("w", webhooks, numberOf(after), limit),
    emptyWebhooks: async (copied) => took("empty", copied),
    moved: async (ids) => new Set(ids.filter((id) => numberOf(id) % 10 !== 0)),
    finish: async (archive, now) => ({ ...archive, finishedAt: now }),
  };
  const file: ArchiveFile = {
    put: async (closed) => took("copy", closed),
    keepOnly: async (moved) => void done.push(`keep ${[...(await moved(["i9", "i10", "i11"]))].join(" ")}`),
    [Symbol.asyncDispose]: async () => void done.push("close"),
  };
  const needs = { clock: { now: () => NOW, monotonicMs: () => 0 }, store: { archive: records } };
  const told: number[] = [];
  const archive = await archiveInvoices({ ...needs, openFile: async () => file }, range, (count) => told.push(count));
  return { archive, done, told };
}

const END = ["keep i9 i11", "close"];

// prettier-ignore
test.each<[books: Books, done: readonly string[], told: readonly number[], because: string]>([
  [{}, END, [], "nothing is old enough, and the file is looked through all the same: an earlier try may have left something"],
  [{ invoices: 3 }, ["copy i1-i3", "take i1-i3", ...END], [3], "a copy comes first"],
  [{ invoices: 200 }, ["copy i1-i200", "take i1-i200", ...END], [180], "two hundred are one transaction; what is needed is not counted"],
  [{ invoices: 201 }, ["copy i1-i200", "take i1-i200", "copy i201-i201", "take i201-i201", ...END], [180, 181], "more are several"],
  [{ events: 501 }, ["copy e1-e500", "take e1-e500", "copy e501-e501", "take e501-e501", ...END], [], "events of no invoice, too"],
  [{ webhooks: 501 }, ["copy w1-w500", "empty w1-w500", "copy w501-w501", "empty w501-w501", ...END], [], "of webhooks only what they said"],
  [{ invoices: 1, events: 1, webhooks: 1 }, ["copy i1-i1", "take i1-i1", "copy e1-e1", "take e1-e1", "copy w1-w1", "empty w1-w1", ...END], [1], "in this order"],
])("of %j: %j, told %j (%s)", async (books, done, told) => {
  expect(await archived(books)).toEqual({ archive: { ...ARCHIVE, finishedAt: NOW }, done, told });
});

test("what is a moment too young is not touched, and the latest day is said", async () => {
  const younger = { ...RANGE, before: new Date(RANGE.before.getTime() + 1) };
  expect(await thrownBy(archived({ invoices: 1 }, younger))).toMatchObject({
    name: "UsageInvalid",
    message: expect.stringContaining(`may be ${RANGE.before.toISOString().slice(0, 10)} at the latest`),
  });
});
