/**
 * The environment as it was found: the process's variables and those of `.env`, secrets read from their files.
 *
 * Collects and judges no value: that is `variables.ts`. Does not read `process.env` by itself.
 */
import { parseEnv } from "node:util";
import { nearest } from "../adapters/files/did-you-mean.ts";
import type { InputFault } from "../domain/errors.ts";
import { type Variable, VARIABLES } from "./variables.ts";

/** One variable as it was found, and where: "environment", ".env" or "file /run/secrets/key". */
type EnvEntry = { readonly text: string; readonly from: string };
export type Env = { readonly entries: ReadonlyMap<string, EnvEntry>; readonly faults: readonly InputFault[] };

const NAMES: readonly string[] = Object.keys(VARIABLES);
/** As every program reads them; @see proxy.ts */
const PROXY_NAMES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"];
const FILE_NAMES = Object.entries<Variable<unknown>>(VARIABLES)
  .filter(([, { secret, isPathUnless }]) => secret === true || isPathUnless !== undefined)
  .map(([name]) => name);

/**
 * Collects the variables: the process's own win over those of `.env`, and NAME_FILE stands for what is in that file.
 * @param readSecretFile may throw, or find nothing: the fault then names the variable and the path
 */
export function readEnv(
  processEnv: Readonly<Record<string, string | undefined>>,
  dotEnvText: string | null,
  readSecretFile: (path: string) => string | null,
): Env {
  const sources = [
    { from: "environment", values: processEnv },
    { from: ".env", values: dotEnvText === null ? {} : parseEnv(dotEnvText) },
  ];
  const entries = new Map<string, EnvEntry>();
  for (const { from, values } of sources.toReversed()) {
    for (const [name, text = ""] of Object.entries(values)) entries.set(name, { text: text.trim(), from });
  }

  const faults: InputFault[] = faultsOfText(dotEnvText ?? "");
  for (const name of FILE_NAMES) {
    const fileName = `${name}_FILE`;
    const source = sources.find(({ values }) => values[name] || values[fileName]);
    const path = source?.values[fileName]?.trim();
    if (source === undefined || path === undefined || path === "") continue;

    const text = source.values[name] ? null : readOrNull(readSecretFile, path);
    if (text !== null && text !== "") entries.set(name, { text, from: `file ${path}` });
    else {
      const what = source.values[name]
        ? `${name} is given as well; keep one of them and remove the other`
        : `"${path}" ${text === null ? "cannot be read" : "is empty"}; expected a file that holds the value and that this user may read`;
      faults.push({ where: `${fileName} (${source.from})`, what });
    }
  }
  for (const [name, { isPathUnless }] of Object.entries<Variable<unknown>>(VARIABLES)) {
    const found = entries.get(name);
    if (isPathUnless === undefined || found === undefined) continue;
    // `docker --env-file` keeps the quotes that a shell would take off.
    const entry = { ...found, text: found.text.replace(/^(["'])([^]*)\1$/, "$2") };
    entries.set(name, entry);
    if (entry.text === "" || isPathUnless.test(entry.text)) continue;
    const text = readOrNull(readSecretFile, entry.text);
    if (text !== null) entries.set(name, { text, from: `file ${entry.text}` });
    else {
      const what = "is no key and no file that can be read; expected PEM text, or the path of a file with it";
      faults.push({ where: `${name} (${entry.from})`, what });
      entries.delete(name);
    }
  }
  return { entries, faults };
}

const BYTE_ORDER_MARK = "\uFEFF";
/** One assignment: a quoted value may hold anything, lines included; `bare` is one without quotes. */
const ASSIGNMENT =
  /^[ \t]*(?:export[ \t]+)?(?<name>[\w.]+)[ \t]*=(?:[ \t]*(?:"(?:[^"\\]|\\[^])*"|'[^']*'|`[^`]*`)|(?<bare>[^\n]*))/gm;

/** What the parser would drop without a word: all after a `#`, and the name of the first variable after a mark. */
function faultsOfText(text: string): InputFault[] {
  const faults: InputFault[] = [];
  if (text.startsWith(BYTE_ORDER_MARK))
    faults.push({ where: ".env", what: "begins with a byte-order mark; save it as UTF-8 without one (no BOM)" });
  for (const { groups } of text.matchAll(ASSIGNMENT)) {
    // The first # decides; what follows it is a comment in any case.
    if (!/^([^#]*[^\s#])?#/.test(groups?.["bare"] ?? "")) continue;
    const what = `holds a # that begins a comment where it stands; put the value in double quotes, or a space before the comment`;
    faults.push({ where: `${groups?.["name"]} (.env)`, what });
  }
  return faults;
}

const OUR_PREFIX = /^(CONEKTA|NOTIFY|BILLING|CHARGE|RECONCILE|PENDING|RECHARGE|MAX_CHARGES|MAX_AMOUNT|MIN_CHARGE)_/;

/** One sentence for each variable that looks like ours and has no effect. */
export function warningsAbout(env: Env): string[] {
  const known = [...NAMES, ...PROXY_NAMES, ...FILE_NAMES.map((name) => `${name}_FILE`)];
  const warnings: string[] = [];
  for (const [name, { text, from }] of env.entries) {
    if (known.includes(name) || text === "") continue;
    if (from === ".env" || OUR_PREFIX.test(name)) {
      const meant = nearest(name, known);
      warnings.push(
        `${name} (${from}) is unknown and has no effect${meant === null ? "." : `; did you mean ${meant}?`}`,
      );
    }
  }
  return warnings;
}

function readOrNull(read: (path: string) => string | null, path: string): string | null {
  try {
    return read(path)?.trim() ?? null;
  } catch {
    return null;
  }
}
