/** A folder to run commands in, with an environment and a sandbox: what a merchant has on the first day. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { callerOf, customerWith } from "../sandbox/caller.ts";
import { type Ended, puntual, type Surroundings } from "./command.ts";
import { temporaryFolder } from "./new-database.ts";

export type CommandFixture = {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], more?: Partial<Omit<Surroundings, "cwd">>): Promise<Ended>;
  /** @returns the path of the file inside the folder */
  write(fileName: string, text: string): string;
  close(): Promise<void>;
};

export async function newCommandFixture(options: SandboxOptions = {}): Promise<CommandFixture> {
  const folder = temporaryFolder();
  const sandbox = await startSandbox(options);
  const env = {
    CONEKTA_API_KEY: "key_test",
    CONEKTA_BASE_URL: sandbox.url,
    DATABASE_URL: "sqlite:books.db",
  };
  const run: CommandFixture["run"] = (args, { env: more = {}, ...rest } = {}) =>
    puntual(args, { cwd: folder, env: { ...env, ...more }, ...rest });
  return {
    folder,
    sandbox,
    env,
    run,
    write(fileName, text) {
      const file = path.join(folder, fileName);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    async close() {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates a customer at a sandbox, behind Puntual's back. @returns its id */
export function customerAt(url: string, name: string, token: string | null = null): Promise<string> {
  return customerWith(callerOf({ url }), token, name);
}

/** A month plan of $200.15 and its subscriptions; each began long ago, so that one charge is due now. */
export function plansYaml(subscriptions: readonly { readonly id: string; readonly customer: string }[]): string {
  const lines = subscriptions.map(
    ({ id, customer }) => `  - { id: ${id}, plan: oro, customer: ${customer}, start: 2020-01-31T09:00 }`,
  );
  return `plans:
  - id: oro
    name: Plan Oro
    interval: month
    line_items:
      - { name: Plan Oro, unit_price: 20015 }
subscriptions:${lines.length === 0 ? " []" : `\n${lines.join("\n")}`}
`;
}
