/** A folder, an empty database in it, and a sandbox: what a merchant has on the first day. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { documentOf, type Ended, puntual } from "./command.ts";

export type Desk = {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], more?: { env?: Readonly<Record<string, string>>; stdin?: string }): Promise<Ended>;
  /** @returns the path of the file inside the folder */
  write(fileName: string, text: string): string;
  /** @returns its id */
  addCustomer(name: string, token?: string): Promise<string>;
  close(): Promise<void>;
};

export async function newDesk(options: SandboxOptions = {}): Promise<Desk> {
  const folder = mkdtempSync(path.join(tmpdir(), "puntual-cli-"));
  const sandbox = await startSandbox(options);
  const env = {
    CONEKTA_API_KEY: options.apiKey ?? "key_desk",
    CONEKTA_BASE_URL: sandbox.url,
    DATABASE_URL: "sqlite:books.db",
  };
  const run: Desk["run"] = (args, { env: more = {}, ...rest } = {}) =>
    puntual(args, { cwd: folder, env: { ...env, ...more }, ...rest });
  return {
    ...{ folder, sandbox, env, run },
    write(fileName, text) {
      const file = path.join(folder, fileName);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    async addCustomer(name, token) {
      const card = token === undefined ? [] : ["--token", token];
      const args = ["customers", "add", "--name", name, "--email", "a@example.mx", "--phone", "+525512345678", ...card];
      return documentOf<{ customer: { customerId: string } }>(await run([...args, "--json"])).customer.customerId;
    },
    async close() {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
