/**
 * `init`: the folder of a new installation, by options or by a few questions.
 *
 * A file that is there is never touched: run again it makes what is missing. It makes no database and charges nobody. The
 * key is asked about at Conekta before it is written.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { packageFolder } from "../../adapters/files/package-folder.ts";
import { readTextFile, TextFileUnusable } from "../../adapters/files/text-file.ts";
import type { Config } from "../../config.ts";
import { GatewayUnauthorized, UsageInvalid } from "../../domain/errors.ts";
import { jsonOption } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { terminal } from "./terminal.ts";

type Options = {
  readonly keyFile?: string;
  readonly databaseUrl?: string;
  readonly timeZone?: string;
  readonly offline?: true;
  readonly json?: true;
};

export function addInit(program: Command): void {
  program
    .command("init")
    .description("make the folder of a new installation: .env, config/ and ecosystem.config.js")
    .argument("[folder]", "it may exist; its files are left as they are", ".")
    .option("--key-file <path>", "a file with the private key (default: CONEKTA_API_KEY, or a question)")
    .option("--database-url <url>", "sqlite:data/puntual.db if left out, or postgres://…")
    .option("--time-zone <zone>", "of the schedule; America/Mexico_City if left out")
    .option("--offline", "do not ask Conekta whether the key is right")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual init
  $ npx puntual init /srv/puntual --key-file /run/secrets/conekta --time-zone America/Tijuana
`,
    )
    .action(init);
}

async function init(folder: string, options: Options): Promise<void> {
  const root = path.resolve(terminal().cwd, folder);
  mustBeFolder(root, folder);
  const isSettled = existsSync(path.join(root, ".env"));
  const { loadConfig } = await import("../../config.ts");
  const given = loadConfig({ cwd: root, env: terminal().env, isTerminal: false, logLevel: "warn" });
  const answers = isSettled ? options : await asked(options, given);
  const key = isSettled ? (given.conekta.apiKey?.reveal() ?? null) : await keyOf(answers, given);
  const baseUrl = terminal().env?.["CONEKTA_BASE_URL"];
  const settings = {
    ...(key !== null && { CONEKTA_API_KEY: key }),
    // The next shell must not send to Conekta a key that was tried at the sandbox.
    ...(baseUrl !== undefined && baseUrl !== "" && { CONEKTA_BASE_URL: baseUrl }),
    ...(answers.databaseUrl !== undefined && { DATABASE_URL: answers.databaseUrl }),
    ...(answers.timeZone !== undefined && { BILLING_TIME_ZONE: answers.timeZone }),
  };
  // Judged before anything is written.
  const env = { ...terminal().env, CONEKTA_BASE_URL: given.conekta.baseUrl, ...settings };
  const config = loadConfig({ cwd: root, env, isTerminal: false, logLevel: "warn" });
  const mode = key === null || options.offline ? null : await modeOf(config);

  const made: string[] = [];
  const kept: string[] = [];
  for (const [file, { text, secret = false }] of filesOf(root, settings)) {
    const whole = path.join(root, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    try {
      writeFileSync(whole, text, { flag: "wx", mode: secret ? 0o600 : 0o644 });
      made.push(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      kept.push(file);
    }
  }
  mkdirSync(path.join(root, "data"), { recursive: true, mode: 0o700 });
  if (options.json) return printJson({ folder: root, made, kept, key: mode });
  if (made.length > 0) printLine(`Made ${made.join(", ")}.`);
  if (kept.length > 0) printLine(`Left as they were: ${kept.join(", ")}.`);
  if (mode !== null) printLine(`Conekta accepts the key${mode === "unknown" ? "" : `, of the ${mode} mode`}.`);
  if (key === null) printLine("Write your private key into .env: CONEKTA_API_KEY=key_…");
  const into = folder === "." ? "" : `cd ${root} && `;
  printLine(
    `\nThen write what you sell into config/plans.yaml, and see what would change:\n  ${into}npx puntual plans apply --dry-run`,
  );
}

/** @throws {UsageInvalid} it is a file, or lies below one */
function mustBeFolder(root: string, folder: string): void {
  let there = root;
  while (!existsSync(there)) there = path.dirname(there);
  if (statSync(there).isDirectory()) return;
  const what = there === root ? "is a file" : `lies below ${there}, which is a file`;
  throw new UsageInvalid(`${folder} ${what}; name a folder: npx puntual init FOLDER`);
}

/** What no option says is asked where there is somebody to ask; an empty answer takes the default. */
async function asked(options: Options, given: Config): Promise<Options & { readonly key?: string }> {
  const { stderr } = terminal();
  const stdin = terminal().stdin();
  if (!stdin.isTTY || !stderr.isTTY || options.json) return options;
  const asking = createInterface({ input: stdin, output: stderr });
  const ask = async (question: string): Promise<string | undefined> => {
    const answer = (await asking.question(question)).trim();
    return answer === "" ? undefined : answer;
  };
  try {
    const isKeyGiven = options.keyFile !== undefined || given.conekta.apiKey !== null;
    const key = isKeyGiven
      ? undefined
      : await ask("Private key of your Conekta panel (a test key to begin with; empty: later): ");
    const timeZone = options.timeZone ?? (await ask("Time zone of your customers [America/Mexico_City]: "));
    const databaseUrl = options.databaseUrl ?? (await ask("Database [sqlite:data/puntual.db]: "));
    return {
      ...options,
      ...(key !== undefined && { key }),
      ...(timeZone !== undefined && { timeZone }),
      ...(databaseUrl !== undefined && { databaseUrl }),
    };
  } finally {
    asking.close();
  }
}

async function keyOf({ keyFile, key }: Options & { readonly key?: string }, given: Config): Promise<string | null> {
  if (keyFile === undefined) return key ?? given.conekta.apiKey?.reveal() ?? null;
  try {
    const text = readTextFile(path.resolve(terminal().cwd, keyFile))?.trim() ?? "";
    if (text !== "") return text;
    throw new UsageInvalid(`--key-file: ${keyFile} is not there, or is empty`);
  } catch (error) {
    if (error instanceof TextFileUnusable) throw new UsageInvalid(`--key-file: ${keyFile} ${error.what}`);
    throw error;
  }
}

/** A Conekta that does not answer says nothing against the key. @throws {GatewayUnauthorized} */
async function modeOf(config: Config): Promise<"live" | "test" | "unknown"> {
  const { assemble } = await import("../../assemble.ts");
  const { MEMORY } = await import("../../adapters/store/dialect/database-access.ts");
  const nowhere = { ...config, database: { kind: "sqlite", path: MEMORY, name: MEMORY } as const };
  const options = { cwd: packageFolder(), charging: false, database: "make", writeLog: () => {} } as const;
  await using app = await assemble(nowhere, options);
  try {
    const { livemode } = await (await app.gateway()).probe(null);
    return livemode === null ? "unknown" : livemode ? "live" : "test";
  } catch (error) {
    if (error instanceof GatewayUnauthorized)
      throw new GatewayUnauthorized(
        `${error.message}; nothing was made. Copy the key anew, or leave the check out with --offline`,
      );
    printNote(`Conekta was not reached, so the key is not checked: ${error instanceof Error ? error.message : ""}`);
    return "unknown";
  }
}

type File = { readonly text: string; readonly secret?: true };

function filesOf(root: string, settings: Readonly<Record<string, string>>): readonly (readonly [string, File])[] {
  const ours = (name: string): string => readFileSync(path.join(packageFolder(), "config", name), "utf8");
  const copied = ["dunning.yaml", "fiscal.yaml", "plans.schema.json", "dunning.schema.json", "fiscal.schema.json"];
  return [
    [".env", { text: envText(ours("example.env"), settings), secret: true }],
    ["config/plans.yaml", { text: PLANS }],
    ...copied.map((name) => [`config/${name}`, { text: ours(name) }] as const),
    ["ecosystem.config.js", { text: ecosystemText(root) }],
  ];
}

/** The example, with what is known written in its place. */
function envText(example: string, settings: Readonly<Record<string, string>>): string {
  const lines = example.replace(" Copy it to .env and uncomment what you need.", "").split("\n");
  return lines
    .map((line) => {
      const [, name = ""] = /^#([A-Z_]+)=/.exec(line) ?? [];
      const value = settings[name];
      return value === undefined ? line : `${name}=${/[#\s"']/.test(value) ? JSON.stringify(value) : value}`;
    })
    .join("\n");
}

const PLANS = `# yaml-language-server: $schema=./plans.schema.json
#
# What is sold, how often, and to whom. Amounts are whole cents: 20015 is $200.15.

plans:
  - id: oro
    name: Plan Oro
    interval: month # day | week | half_month (the quincena) | month | year
    line_items:
      - { name: Plan Oro, unit_price: 20015 }

# Customers are Conekta's own: npx puntual customers add --help makes one, or takes one into the books.
subscriptions: []
#  - plan: oro
#    customer: cus_2tTU5GdkwZvBmS3fN
#    start: 2026-12-01T09:00 # local time
`;

/** pm2 loads it with require: how it says what it exports depends on the package.json that it stands under. */
function ecosystemText(root: string): string {
  const isModule = isUnderModule(root);
  const here = isModule ? "import.meta.dirname" : "__dirname";
  return `// pm2 start ecosystem.config.js && pm2 save. Logs: pm2 install pm2-logrotate
const apps = [
  {
    name: "puntual",
    script: "node_modules/puntual/src/entrypoints/cli/puntual.js",
    args: "start",
    cwd: ${here},
    // The young garbage of a burst would take 80 MB more.
    node_args: "--max-semi-space-size=16",
    exec_mode: "fork",
    // One daemon a SQLite file: a second one would be refused anyway.
    instances: 1,
    // Without this pm2's own agent swallows unhandled rejections, and a dead daemon stays "online".
    pmx: false,
    wait_ready: true,
    listen_timeout: 15000,
    // Longer than one charge may take (CONEKTA_TIMEOUT_MS, 30 s) and its commit.
    kill_timeout: 45000,
    exp_backoff_restart_delay: 200,
    // A fault of the configuration does not go away by starting again.
    stop_exit_codes: [78],
    merge_logs: true,
    env: { NODE_ENV: "production" },
  },
];

${isModule ? "export { apps };" : "module.exports = { apps };"}
`;
}

function isUnderModule(folder: string): boolean {
  const manifest = path.join(folder, "package.json");
  if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: string }).type === "module";
  const above = path.dirname(folder);
  return above === folder ? false : isUnderModule(above);
}
