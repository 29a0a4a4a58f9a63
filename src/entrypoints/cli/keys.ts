/** `keys`: who may use the HTTP API, and for what. */
import { type Command, InvalidArgumentError } from "commander";
import { isKeyName, type Scope, SCOPES } from "../../domain/api-key.ts";
import { confirmOrStop } from "./confirm.ts";
import { jsonOption, yesOption } from "./option-values.ts";
import { personHere } from "./person.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

type Options = { readonly json?: true; readonly yes?: true };

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("who may use the HTTP API, and for what");

  keys
    .command("add")
    .description("make a key, and print it: this once, since only its hash is kept")
    .argument("<name>", "of the program that will use it; it stands in the history", keyName)
    .requiredOption("--scope <list>", `of ${SCOPES.join(", ")}; separated by commas`, scopes)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Every key may read. write: plans, customers, subscriptions, retry. money: refund, void, mark paid, resolve.
admin: keys, stop charging.

Example:
  $ npx puntual keys add shop --scope write,money
`,
    )
    .action(add);

  keys
    .command("list")
    .description("list the keys, revoked ones too")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual keys list\n")
    .action(list);

  keys
    .command("revoke")
    .description("take a key back, from this moment on")
    .argument("<name>", "as keys list shows it")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual keys revoke shop --yes\n")
    .action(revoke);
}

async function add(name: string, { scope, json }: Options & { readonly scope: readonly Scope[] }): Promise<void> {
  const { newApiKey } = await import("../api-key.ts");
  await withStore(async ({ store, clock }) => {
    const { key, hash, last4 } = newApiKey();
    const row = await store.keys.add({ name, scopes: scope, hash, last4, by: personHere() }, clock.now());
    if (json) return printJson({ key: { ...row, key } });
    printLine(key);
    printNote(`This is the only time it is shown. It may ${scope.join(", ")}; send it as: Authorization: Bearer pk_…`);
  });
}

async function list({ json }: Options): Promise<void> {
  const { localOf, textOf } = await import("./cells.ts");
  await readStore(async ({ store }) => {
    const rows = await store.keys.list();
    if (json) return printJson({ keys: rows });
    if (rows.length === 0) return printLine("There is no key yet; see: npx puntual keys add --help");
    await printTable(rows, [
      { head: "name", of: (row) => row.name, wraps: true },
      { head: "may", of: (row) => row.scopes.join(", "), wraps: true },
      { head: "key", of: (row) => `pk_…${row.last4}` },
      { head: "last used", isTime: true, of: (row) => localOf(row.lastUsedAt) },
      { head: "revoked", isTime: true, of: (row) => localOf(row.revokedAt) },
      { head: "made by", of: (row) => textOf(row.createdBy), spare: true },
    ]);
  });
}

async function revoke(name: string, { json, ...options }: Options): Promise<void> {
  await withStore(async ({ store, clock }) => {
    await confirmOrStop(`Take the key ${name} back? What uses it is refused from now on.`, options);
    const row = await store.keys.revoke(name, personHere(), clock.now());
    if (json) return printJson({ key: row });
    printLine(`The key ${name} is revoked.`);
  });
}

function keyName(text: string): string {
  if (isKeyName(text)) return text;
  throw new InvalidArgumentError("Expected 1 to 60 letters, digits, dots, dashes or underscores.");
}

function scopes(text: string): readonly Scope[] {
  const asked = text.split(",").map((each) => each.trim());
  const unknown = asked.filter((each) => !SCOPES.some((scope) => scope === each));
  if (unknown.length === 0) return SCOPES.filter((scope) => asked.includes(scope));
  throw new InvalidArgumentError(`Expected some of ${SCOPES.join(", ")}.`);
}
