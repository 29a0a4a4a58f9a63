/** A hint is pasted into a shell: each command in it must be one that this program takes as it stands. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Command } from "commander";
import type { FindingMend, PlainMend } from "../../application/doctor/finding.ts";
import { type Mend, Refused } from "../../domain/errors.ts";
import { findingMendWords } from "./finding-mend-words.ts";
import { failureWords } from "./mend-words.ts";
import { createProgram } from "./program.ts";

const INVOICE = "inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2";
const CUSTOMER = "cus_2tTU5GdkwZvBmS3fN";
const SINCE = "2026-11-01T00:00:00.000Z";

/** Complete by the compiler: a mend of a new kind has a row here. */
const MENDS: { readonly [Do in Mend["do"]]: readonly Extract<Mend, { do: Do }>[] } = {
  list: (["invoices", "subscriptions", "plans", "events", "keys", "unknown"] as const).map((what) => ({
    do: "list",
    what,
  })),
  list_invoices_of: [{ do: "list_invoices_of", subscriptionId: "jorge-oro" }],
  show_invoice: [{ do: "show_invoice", invoiceId: INVOICE }],
  show_attempt: [{ do: "show_attempt", attemptId: "att_1" }],
  add_customer: [{ do: "add_customer", customerId: CUSTOMER }],
  choose_default_card: [{ do: "choose_default_card", customerId: CUSTOMER }],
  preview_change: [
    {
      ...{ do: "preview_change", subscriptionId: "jorge-oro", planId: "platino", quantity: 2, apply: "next_invoice" },
      on: "2026-11-16",
    },
  ],
  undo_change: [{ do: "undo_change", subscriptionId: "jorge-oro" }],
  allow_card: [{ do: "allow_card", paymentSourceId: "src_2nXJMzTrkeVWkNFpL" }],
  cancel_link: [{ do: "cancel_link", invoiceId: INVOICE }],
  make_database: [{ do: "make_database" }],
  migrate: [{ do: "migrate" }],
  add_card: [{ do: "add_card", customerId: CUSTOMER }],
  keep_subscription: [null, "2027-01-31T09:00"].map((startLocal) => ({
    ...{ do: "keep_subscription", subscriptionId: "jorge-oro", startLocal },
  })),
  start_at: [{ do: "start_at", startLocal: "2027-01-31T09:00" }],
  use_customer: [{ do: "use_customer", customerId: CUSTOMER }],
  sweep: [{ do: "sweep" }],
  sweep_since: [{ do: "sweep_since", since: new Date(SINCE) }],
  go: [{ do: "go" }],
};

const PLAIN: Readonly<Record<PlainMend, true>> = {
  ...{ choose_shorter_window: true, compare_calendar: true, compare_clock: true, answer_disputes: true },
  ...{
    decide_held: true,
    free_disk: true,
    go: true,
    keep_or_refund: true,
    look_at_unreadable: true,
    look_at_waiting_events: true,
  },
  ...{ make_server_durable: true, mend_key: true, mend_receiver: true, mend_webhooks: true },
  ...{ move_to_local_disk: true, prove_guard: true, put_key: true, put_right_key: true, read_log: true },
  ...{ refund_second_payment: true, restore_backup: true, restore_or_decide: true, restore_and_check_disk: true },
  ...{ see_that_it_runs: true, start: true, sweep: true, synchronize_clock: true, try_when_it_answers: true },
  ...{ unusable_database: true, update_node: true, close_surroundings: true, use_key_of_the_mode: true },
  ...{ use_single_flow: true, wait_for_inquiries: true, write_valid_rate: true },
};
const OTHERS: { readonly [Do in Exclude<FindingMend["do"], PlainMend>]: Extract<FindingMend, { do: Do }> } = {
  sweep_since: { do: "sweep_since", since: SINCE },
  synchronize_clock_and_look: { do: "synchronize_clock_and_look", since: SINCE },
  close_to_others: { do: "close_to_others", mode: "600", paths: ["books.db"] },
  lengthen_lease: { do: "lengthen_lease", leastMs: 1 },
  lengthen_kill_timeout: { do: "lengthen_kill_timeout", beyondMs: 1 },
};

const HINTS: readonly string[] = [
  ...Object.values(MENDS).flatMap((mends: readonly Mend[]) =>
    mends.map((mend) => failureWords(new Refused("no", { mend }))),
  ),
  ...(Object.keys(PLAIN) as PlainMend[]).map((plain) => findingMendWords({ do: plain })),
  ...Object.values(OTHERS).map(findingMendWords),
];

/** Between backticks, or to the end of the clause. */
function commandsIn(hint: string): string[] {
  return [...hint.matchAll(/(?<![/\w-])puntual [a-z][^`;,()]*/g)].map(([command]) => command.trim());
}

/** As a shell parts them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

/** @returns what the program says of the command; null: it takes it */
async function faultOf(command: string): Promise<string | null> {
  const said: string[] = [];
  const sink = { write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
  const program = createProgram({ stdout: sink, stderr: sink });
  const idle = (each: Command): void => {
    if (each.commands.length === 0) each.action(() => {});
    each.commands.forEach(idle);
  };
  idle(program);
  try {
    await program.parseAsync(wordsOf(command).slice(1), { from: "user" });
    return null;
  } catch (error) {
    return `${command}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

test("each hint can be pasted as it stands", async () => {
  const commands = [...new Set(HINTS.flatMap(commandsIn))];
  expect(commands.length).toBeGreaterThan(25);
  const faults: (string | null)[] = [];
  for (const command of commands) faults.push(await faultOf(command));
  expect(faults.filter((fault) => fault !== null)).toEqual([]);
});

test.each([
  ["puntual subscriptions show", "missing required argument"],
  ["puntual invoices retry | void | mark-paid inv_1", "too many arguments"],
  ["puntual invoices forget inv_1", "unknown command"],
  ["puntual reconcile --everything", "unknown option"],
])("control: %s: %s", async (command, fault) => {
  expect(await faultOf(command)).toContain(fault);
});

test("no command of this program is printed with a pipe in it", () => {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const piped = files.flatMap((name) =>
    [...readFileSync(new URL(name, folder), "utf8").matchAll(/puntual [a-z][^`"'\n]* \| [^`"'\n]*/g)].map(
      ([line]) => line,
    ),
  );
  expect(piped).toEqual([]);
});
