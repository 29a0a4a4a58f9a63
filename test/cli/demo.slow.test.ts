/** The demo's year for the accountant: every month's CFDI by a PAC's rules, which know nothing of how the program computes. */
import { Writable } from "node:stream";
import { rmSync } from "node:fs";
import { afterAll, expect, test } from "@jest/globals";
import { cfdiDocuments } from "../../src/application/invoices/cfdi-documents.ts";
import { putTaxData } from "../../src/application/customers/change-customer.ts";
import { runDemo } from "../../src/entrypoints/cli/demo-year.ts";
import { monthWindow } from "../../src/entrypoints/month.ts";
import { assembleWith } from "../support/app-fixture.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { checkByPac } from "../support/pac-rules.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ISSUER = { rfc: "EKU9003173C9", name: "ESCUELA KEMPER URGATE", regime: "601", postalCode: "06700" };
const ANA = { rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ", postalCode: "10740", regime: "612", use: "G03" };
const cents = (text: string): number => Math.round(Number(text) * 100);

test("each month of it holds, and adds up to what was paid and to its IVA", async () => {
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  expect(await runDemo({ out: quiet, progress: quiet, cwd: folder })).toBe(0);
  await using app = await assembleWith({ DATABASE_URL: "sqlite:data/demo.db" }, { cwd: folder, charging: false });
  const [member] = await app.store.list("subscriptions", { where: { subscriptionId: "jorge-oro" } });
  await putTaxData(app, member?.customerId ?? "", ANA);
  const sums = { documents: 0, own: 0, totalCents: 0, taxCents: 0 };
  for (let month = 1; month <= 12; month++) {
    const name = `2026-${String(month).padStart(2, "0")}`;
    const window = monthWindow(name, "America/Mexico_City");
    for (const document of (await cfdiDocuments(app, { month: name, issuer: ISSUER, ...window })).documents) {
      expect([name, document.documentId, checkByPac(document)]).toEqual([name, document.documentId, []]);
      const sign = document.type === "E" ? -1 : 1;
      sums.documents += 1;
      sums.own += document.receiver?.rfc === ANA.rfc ? 1 : 0;
      sums.totalCents += sign * cents(document.total);
      sums.taxCents += sign * cents(document.traslados);
    }
  }
  const paid = await app.store.list("invoices", { where: { status: "paid" } });
  expect(sums.own).toBeGreaterThan(12);
  expect(sums.totalCents).toBe(
    paid.reduce((sum, { amountCents, balanceCents }) => sum + amountCents + balanceCents, 0),
  );
  // The IVA of a document is its concepts' to the millionth, rounded once: within half a cent of each concept's own.
  const frozenCents = paid.reduce((sum, { taxCents }) => sum + (taxCents ?? 0), 0);
  expect(Math.abs(sums.taxCents - frozenCents)).toBeLessThanOrEqual(paid.length);
});
