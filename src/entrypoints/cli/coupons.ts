/** `coupons`: what lowers the next invoices of those who have one. */
import { type Command, InvalidArgumentError } from "commander";
import { UsageInvalid } from "../../domain/errors.ts";
import { currency } from "./items.ts";
import { cursorOption, filled, jsonOption, localDay, several, whole } from "./option-values.ts";
import { printFacts, printJson, printLine } from "./print.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

type AddOptions = {
  readonly percent?: number;
  readonly amount?: number;
  readonly currency: string;
  readonly once?: true;
  readonly cycles?: number;
  readonly lastDay?: string;
  readonly maxRedemptions?: number;
  readonly plan?: readonly string[];
  readonly json?: true;
};

type JsonOption = { readonly json?: true };

export function addCoupons(program: Command): void {
  const coupons = program.command("coupons").description("what lowers invoices, for some cycles or for ever");

  coupons
    .command("add")
    .description("add one that may be given")
    .argument("<code>", "as customers write it", filled("a code"))
    .option("--percent <n>", "percent off, with two decimals at most", percent)
    .option("--amount <n>", "or whole cents off", whole("cents", 1, 9_999_999_999))
    .option("--currency <code>", "of the amount", currency, "MXN")
    .option("--once", "for one cycle")
    .option("--cycles <n>", "for so many cycles (default: for ever)", whole("cycles", 1, 9_999))
    .option("--last-day <date>", "the last day on which it may be given", localDay)
    .option("--max-redemptions <n>", "may be given so often", whole("redemptions", 1, 999_999_999))
    .option("--plan <id>", "only for this plan; may be given several times", several)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Cycles are counted, not charges: one that is skipped or paused uses a cycle up. Several coupons of a subscription are
applied in the order in which they were given, each on what is left.

Examples:
  $ npx puntual coupons add MITAD --percent 50 --cycles 2 --last-day 2026-12-31
  $ npx puntual coupons add BIENVENIDA --amount 10000 --once --max-redemptions 100 --plan oro
`,
    )
    .action(addCoupon);

  coupons
    .command("give")
    .description("give one to a subscription, from its next cycle on")
    .argument("<subscription>", "its id")
    .argument("<code>", "of the coupon")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual coupons give jorge-oro MITAD\n")
    .action(giveCoupon);

  coupons
    .command("take")
    .description("take one away: the cycles to come are charged without it")
    .argument("<subscription>", "its id")
    .argument("<code>", "of the coupon")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual coupons take jorge-oro MITAD\n")
    .action(takeCoupon);

  coupons
    .command("archive")
    .description("let it not be given any more; who has it keeps it")
    .argument("<code>", "of the coupon")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual coupons archive MITAD\n")
    .action(archiveCoupon);

  coupons
    .command("list")
    .description("list the coupons, or those of one subscription")
    .option("--subscription <id>", "those that it has, or had")
    .option("--limit <n>", "at most so many", whole("coupons", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual coupons list --subscription jorge-oro\n")
    .action(listCoupons);

  coupons
    .command("show")
    .description("show one, and who has it")
    .argument("<code>", "of the coupon")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual coupons show MITAD\n")
    .action(showCoupon);
}

function percent(text: string): number {
  const number = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (number > 0 && number <= 100) return number;
  throw new InvalidArgumentError("Expected a percentage above 0, up to 100, with two decimals at most.");
}

async function addCoupon(code: string, options: AddOptions): Promise<void> {
  const { percent: off, amount, once, cycles, json } = options;
  if ((off === undefined) === (amount === undefined))
    throw new UsageInvalid(
      "a coupon takes off a percentage or an amount: give --percent or --amount; nothing was changed",
    );
  if (once === true && cycles !== undefined)
    throw new UsageInvalid("a coupon lasts once or for some cycles: give --once or --cycles; nothing was changed");
  const { hundredthsOf } = await import("../../domain/rounding.ts");
  const { addCoupon: add } = await import("../../application/coupons/coupons.ts");
  const { couponText } = await import("../../domain/coupon.ts");
  await withStore(async (app) => {
    const coupon = {
      code,
      percentHundredths: off === undefined ? null : hundredthsOf(off),
      amountCents: amount ?? null,
      currency: amount === undefined ? null : options.currency,
      cycles: once === true ? 1 : (cycles ?? null),
      redeemBy: options.lastDay ?? null,
      maxRedemptions: options.maxRedemptions ?? null,
      planIds: options.plan ?? null,
      archivedAt: null,
      source: "cli",
    } as const;
    await add(app, coupon);
    if (json) return printJson({ coupon: await rowOf(app, "coupons", { code }, "coupon") });
    printLine(`${code}: ${couponText(coupon)}.`);
  });
}

async function giveCoupon(subscriptionId: string, code: string, { json }: JsonOption): Promise<void> {
  const { giveCoupon: give } = await import("../../application/coupons/coupons.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const { fromCycle, untilCycle } = await give(app, subscriptionId, { code, by: personHere() });
    const [grant] = await app.store.list("couponGrants", { where: { subscriptionId, code } });
    if (json) return printJson({ grant });
    const until = untilCycle === null ? "on, for ever" : `to ${untilCycle - 1}`;
    printLine(
      `${subscriptionId} has ${code} from cycle ${fromCycle} ${until}.` +
        (untilCycle === null ? "" : " A cycle that is skipped or paused uses one up."),
    );
  });
}

async function takeCoupon(subscriptionId: string, code: string, { json }: JsonOption): Promise<void> {
  const { takeCoupon: take } = await import("../../application/coupons/coupons.ts");
  await withStore(async (app) => {
    const { untilCycle } = await take(app, subscriptionId, code);
    const [grant] = await app.store.list("couponGrants", { where: { subscriptionId, code } });
    if (json) return printJson({ grant });
    printLine(`${subscriptionId} is charged without ${code} from cycle ${untilCycle} on.`);
  });
}

async function archiveCoupon(code: string, { json }: JsonOption): Promise<void> {
  const { archiveCoupon: archive } = await import("../../application/coupons/coupons.ts");
  await withStore(async (app) => {
    await archive(app, code);
    if (json) return printJson({ coupon: await rowOf(app, "coupons", { code }, "coupon") });
    printLine(`${code} is archived. Who has it keeps it.`);
  });
}

type ListOptions = RowOptions & { readonly subscription?: string };

async function listCoupons(options: ListOptions): Promise<void> {
  const { textOf, worthOf } = await import("./cells.ts");
  const { subscription: subscriptionId } = options;
  await readStore(async (app) => {
    await mustExist(app, options);
    if (subscriptionId !== undefined)
      return await printRows("coupons", options, listing(app, "couponGrants", { where: { subscriptionId } }), {
        columns: GRANT_COLUMNS,
        whenEmpty: "It has no coupon, and had none.",
      });
    await printRows("coupons", options, listing(app, "coupons"), {
      columns: [
        { head: "code", of: (row) => row.code, wraps: true },
        { head: "takes off", of: worthOf, wraps: true },
        { head: "last day", of: (row) => textOf(row.redeemBy) },
        {
          head: "given",
          of: (row) => `${row.redemptions}${row.maxRedemptions === null ? "" : ` of ${row.maxRedemptions}`}`,
        },
        { head: "plans", of: (row) => row.plans?.join(", ") ?? "all", wraps: true, spare: true },
        { head: "archived", of: (row) => (row.archivedAt === null ? "" : "yes"), spare: true },
      ],
      whenEmpty: "There are no coupons.",
    });
  });
}

const GRANT_COLUMNS = [
  { head: "subscription", of: (row: { readonly subscriptionId: string }) => row.subscriptionId, wraps: true },
  { head: "code", of: (row: { readonly code: string }) => row.code, wraps: true },
  { head: "from cycle", of: (row: { readonly fromCycle: number }) => String(row.fromCycle), align: "right" },
  {
    head: "to cycle",
    of: (row: { readonly untilCycle: number | null }) => (row.untilCycle === null ? "" : String(row.untilCycle - 1)),
    align: "right",
  },
  { head: "taken away", of: (row: { readonly takenAt: string | null }) => (row.takenAt === null ? "" : "yes") },
] as const;

async function showCoupon(code: string, { json }: JsonOption): Promise<void> {
  const { textOf, worthOf } = await import("./cells.ts");
  await readStore(async (app) => {
    const coupon = await rowOf(app, "coupons", { code }, "coupon");
    const grants = await app.store.list("couponGrants", { where: { code } });
    if (json) return printJson({ coupon, grants });
    printFacts([
      ["coupon", code],
      ["takes off", worthOf(coupon)],
      ["last day", textOf(coupon.redeemBy)],
      ["given", `${coupon.redemptions}${coupon.maxRedemptions === null ? "" : ` of ${coupon.maxRedemptions}`}`],
      ["plans", coupon.plans?.join(", ") ?? "all"],
      ["archived", textOf(coupon.archivedAt)],
    ]);
    if (grants.length > 0) await printTable(grants, GRANT_COLUMNS);
  });
}
