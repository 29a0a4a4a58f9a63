/** `unknown resolve`: a person's decision about one charge, kept with their name and reason. */
import type { UnknownCharge } from "../../application/reconcile/list-unknown.ts";
import type { Assembly } from "../../assemble.ts";
import { NotFound, UsageInvalid } from "../../domain/errors.ts";
import { confirmOrStop } from "./confirm.ts";
import { inLine, printJson, printLine } from "./print.ts";
import { reasonIn } from "./reason.ts";
import { withStore } from "./session.ts";

type Options = {
  readonly paid?: string;
  readonly notCharged?: true;
  readonly reason: string;
  readonly yes?: true;
  readonly json?: true;
};

export async function resolve(attemptId: string, options: Options): Promise<void> {
  const { paid: orderId, notCharged } = options;
  if (orderId === undefined && notCharged === undefined)
    throw new UsageInvalid("say what became of it: --paid ORDER_ID or --not-charged; nothing was changed");
  const why = reasonIn(options.reason);
  const { resolveNotCharged, resolvePaid } = await import("../../application/reconcile/resolve-unknown.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const row = await mustExist(app, attemptId);
    const needs = await resolveNeeds(app);
    await confirmOrStop(await questionOf(row, options), options);
    const decision = { why, by: personHere() };
    if (orderId === undefined) await resolveNotCharged(needs, attemptId, decision);
    else await resolvePaid(needs, attemptId, { orderId, ...decision });

    const resolved = await mustExist(app, attemptId);
    if (options.json) return printJson({ unknown: resolved });
    printLine(`${attemptId} is ${resolved.state}; its invoice is ${resolved.invoiceStatus}.`);
  });
}

async function questionOf(row: UnknownCharge, { paid }: Options): Promise<string> {
  const { moneyOf, textOf } = await import("./cells.ts");
  const charge = `${textOf(row.attemptId)} (${moneyOf(row.amountCents, row.currency)}, ${inLine(row.customerName)})`;
  return paid === undefined
    ? `Nothing was charged by ${charge}? If that is wrong, the customer pays twice.`
    : `Order ${paid} paid ${charge}?`;
}

async function mustExist(app: Assembly, attemptId: string): Promise<UnknownCharge> {
  const { showUnknown } = await import("../../application/reconcile/list-unknown.ts");
  const found = await showUnknown(app, attemptId, app.clock.now());
  if (found?.row.attemptId === attemptId) return found.row;
  const held =
    found === null
      ? "`npx puntual unknown list` shows what waits"
      : `${attemptId} is an invoice; one that is held without an unknown charge is decided with ` +
        `\`npx puntual invoices retry ${attemptId}\`, or \`void\` or \`mark-paid\` in place of \`retry\``;
  throw new NotFound(`there is no attempt ${attemptId}; ${held}`);
}

async function resolveNeeds(app: Assembly) {
  const { settling, store, config } = app;
  const conekta = await app.gateway();
  const { checkKey } = await import("../../application/settling/check-key.ts");
  await checkKey({ ...settling, gateway: conekta });
  return {
    ...settling,
    orders: conekta,
    lister: conekta,
    inbox: store.inbox,
    together: store.together,
    timeoutMs: config.conekta.timeoutMs,
  };
}
