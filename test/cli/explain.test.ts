/** `explain` on books that the real application wrote: the story of each customer, in both languages. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { FITO, liveDunningStory } from "../support/dunning-story.ts";
import { documentOf, puntual, type Ended } from "../support/command.ts";

type Text = { readonly es: string; readonly en: string };
type Entry = { readonly at: string; readonly type: string; readonly text: Text };
type Invoice = {
  readonly id: string;
  readonly cycle: number;
  readonly status: string;
  readonly entries: readonly Entry[];
};
type Next = { readonly what: string; readonly at: string | null; readonly why: Text; readonly command: string | null };
type Story = {
  readonly entries: readonly Entry[];
  readonly invoices: readonly Invoice[];
  readonly next: readonly Next[];
};

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "puntual-explain-"));
  const app = await liveDunningStory(path.join(folder, "books.db"));
  await app[Symbol.asyncDispose]();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function explain(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return puntual(["explain", ...args], { cwd: folder, env: { DATABASE_URL: "sqlite:books.db", ...env } });
}

/** The books do not change: each is asked for once. */
const stories = new Map<string, Promise<Story>>();

async function storyOf(subscriptionId: string): Promise<Story> {
  const story =
    stories.get(subscriptionId) ?? explain([subscriptionId, "--json"]).then((ended) => documentOf(ended) as Story);
  stories.set(subscriptionId, story);
  return await story;
}

const typesOf = ({ entries }: Invoice | undefined = { id: "", cycle: 0, status: "", entries: [] }): string[] =>
  entries.map(({ type }) => type);
const textsOf = (invoice: Invoice | undefined, language: keyof Text): string =>
  (invoice?.entries ?? []).map(({ text }) => text[language]).join("\n");

describe("the story of an invoice", () => {
  test("that was recovered on payday", async () => {
    const [invoice] = (await storyOf("ana")).invoices;
    expect(typesOf(invoice)).toEqual([
      "invoice.opened",
      "attempt.sent",
      "invoice.payment_failed",
      "attempt.sent",
      "invoice.paid",
    ]);
    const rule = "retry 1 of 2, moved from Sunday 1 February 2026 to payday, because the card lacked funds.";
    expect(textsOf(invoice, "en")).toContain(`The card is tried again on Friday 13 February 2026, 09:00: ${rule}`);
    expect(textsOf(invoice, "en")).toMatch(
      /^Attempt 2 paid it: \$200\.15 MXN with visa •4242 \(order ord_\S+, chr_\S+\)\.$/m,
    );
    expect(textsOf(invoice, "es")).toContain(
      "La tarjeta se intenta de nuevo el viernes 13 de febrero de 2026, 09:00: reintento 1 de 2, " +
        "movido del domingo 1 de febrero de 2026 al día de pago, porque a la tarjeta le faltaban fondos.",
    );
  });

  test("that another card paid, after the link was closed for it", async () => {
    const { invoices, entries } = await storyOf("beto");
    const [invoice] = invoices;
    expect(typesOf(invoice)).toEqual([
      ...["invoice.opened", "attempt.sent", "invoice.payment_failed", "attempt.sent", "invoice.payment_link_created"],
      ...[
        "attempt.pending",
        "invoice.payment_link_closing",
        "invoice.payment_link_lapsed",
        "attempt.sent",
        "invoice.paid",
      ],
    ]);
    expect(textsOf(invoice, "en")).toContain(
      "Payment link (attempt 2): a page to pay $200.15 MXN was asked of Conekta, by card, cash or bank transfer (SPEI), open until Thursday 5 February 2026, 09:00",
    );
    expect(textsOf(invoice, "es")).toContain("el cliente tiene otra tarjeta, que se intenta enseguida y una sola vez");
    expect(textsOf(invoice, "en")).toContain("Attempt 3 paid it: $200.15 MXN with visa •1111");
    expect(entries.map(({ text }) => text.es)).toContain(
      "Aquí se eligió otra tarjeta predeterminada; la predeterminada es visa •1111.",
    );
  });

  test("that was paid in cash, as a webhook was the first to tell", async () => {
    const [invoice] = (await storyOf("caro")).invoices;
    expect(typesOf(invoice).slice(-2)).toEqual(["webhook.received", "invoice.paid"]);
    expect(textsOf(invoice, "en")).toMatch(/Conekta sent order\.paid about order ord_\S+; it was read again/);
    expect(textsOf(invoice, "es")).toContain("por la liga de pago, con efectivo");
    expect(textsOf(invoice, "es")).toContain("esta tarjeta no debe volver a intentarse");
  });

  test("that was written off, and took the subscription with it", async () => {
    const { invoices, entries, next } = await storyOf("dario");
    expect(textsOf(invoices[0], "en")).toContain(
      "The invoice is written off, as nobody paid by the payment link; the subscription is canceled: the period of grace of 2 days is over.",
    );
    expect(textsOf(invoices[0], "es")).toContain("nadie pagó con la liga en 5 días");
    expect(entries.at(-1)?.text.es).toContain("es la acción final de la cobranza");
    expect(next).toMatchObject([
      { what: "nothing", why: { en: "No other cycle falls due: the subscription is canceled." } },
    ]);
  });

  test("whose answer was lost: each inquiry, and how it ended", async () => {
    const [invoice] = (await storyOf("gina")).invoices;
    const types = typesOf(invoice);
    expect(types.slice(0, 3)).toEqual(["invoice.opened", "attempt.sent", "attempt.unknown"]);
    expect(types.filter((type) => type === "attempt.unknown")).toHaveLength(1);
    expect(types).toContain("attempt.inquiry_made");
    expect(textsOf(invoice, "en")).toContain(
      "Conekta was asked, and it is still not known whether attempt 1 moved money",
    );
    expect(invoice?.status).toBe("held");
  });

  test("is told in the order in which it happened", async () => {
    for (const id of ["ana", "beto", "caro", "dario", "eva", "fito", "gina"])
      for (const { entries } of (await storyOf(id)).invoices) {
        const times = entries.map(({ at }) => at);
        expect(times.length).toBeGreaterThan(1);
        expect(times).toEqual(times.toSorted());
      }
  });
});

describe("what happens next", () => {
  test("a wait for another card that is over, as it was months ago, ends once the customer was read", async () => {
    const [next] = (await storyOf("fito")).next;
    expect(next).toMatchObject({ what: "new_card", at: "2026-03-02T15:00:00.000Z", command: null });
    expect(next?.why.es).toContain("En la siguiente corrida se lee al cliente en Conekta; si no hay otra tarjeta");
  });

  test("a person must say what became of a charge, by a command that is told", async () => {
    const [next] = (await storyOf("gina")).next;
    expect(next).toMatchObject({ what: "person", command: expect.stringMatching(/^puntual unknown show att_/) });
  });
});

describe("for people", () => {
  test("Spanish is spoken where the terminal is Spanish, and times are local", async () => {
    const { stdout } = await explain(["ana"], { LANG: "es_MX.UTF-8" });
    expect(stdout).toContain("ana: Señora cus_ana, Plan Oro, activa; tarjeta visa •4242");
    expect(stdout).toContain("Horas de America/Mexico_City.");
    expect(stdout).toMatch(/^Ciclo 0, \$200\.15 MXN, pagado — del sábado 31 de enero de 2026 al sábado 28 de febrero/m);
    expect(stdout).toMatch(/^vie 13 feb 2026 09:01 {2}El intento 2 lo pagó/m);
    expect(stdout).toContain("Qué sigue");
  });

  test("--lang counts more than the terminal, and English is the default", async () => {
    const asked = await explain(["ana", "--lang", "en"], { LANG: "es_MX.UTF-8" });
    expect(asked.stdout).toContain("What happens next");
    expect((await explain(["ana"])).stdout).toBe(asked.stdout);
  });

  test("what a customer typed moves nobody's cursor", async () => {
    const { stdout, stderr } = await explain(["fito"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("Rojo");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}]/u);
    expect(FITO).toMatch(/[\p{Cc}]/u);
  });

  test("--invoice tells of that invoice alone", async () => {
    const [invoice] = (await storyOf("ana")).invoices;
    const only = documentOf(await explain(["ana", "--json", "--invoice", String(invoice?.id)])) as Story;
    expect(only).toMatchObject({ entries: [], invoices: [{ id: invoice?.id }], next: [{ what: "nothing" }] });
  });

  test.each([
    [["nobody"], 1, "there is no subscription nobody"],
    [["ana", "--invoice", "inv_nobody"], 1, "subscription ana has no invoice inv_nobody"],
    [["ana", "--lang", "fr"], 64, "Allowed choices are es, en"],
  ])("%j ends with %i: %s", async (args, exitCode, message) => {
    expect(await explain(args)).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining(message) });
  });
});
