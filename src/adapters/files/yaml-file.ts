/**
 * A YAML file as its writer sees it: the values, and for each of them the line and column, so that a fault has a place.
 *
 * Pure. YAML 1.2 core only: a date stays text, nothing of JavaScript can be made, aliases are limited. What the values
 * mean is checked elsewhere.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node, Pair, YAMLParseError } from "yaml";
import { ConfigurationInvalid, type InputFault } from "../../domain/errors.ts";

/** `["plans", 0, "interval"]` */
export type Path = readonly (string | number)[];

export type YamlFile = {
  /** Plain values; undefined when the file cannot be read as YAML. */
  readonly value: unknown;
  /** The line of a value, counted from 1. */
  lineOf(path: Path): number;
  /** A number as it is written, where ours could not hold it, or where it is written with decimals; else null. */
  writtenAt(path: Path): string | null;
  /** Notes a fault at a value or, with `atKey`, at the key before it. A second one at the same value is not noted. */
  fault(path: Path, what: string, options?: { readonly atKey: boolean }): void;
  /** @throws {ConfigurationInvalid} with everything noted so far, in the order of the file */
  throwFaults(): void;
};

type Placed = InputFault & { readonly offset: number };

/** So many uses of one anchor are a price list; more are an attack ("billion laughs"). */
const ALIASES_MAX = 10_000;

export function readYaml(text: string, fileName: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "core", merge: false, lineCounter: lines, prettyErrors: false });
  const faults = new Map<string, Placed>();

  function note(offset: number, path: Path, what: string): void {
    const { line, col } = lines.linePos(offset);
    const where = `${fileName}:${line}:${col}${path.length === 0 ? "" : ` (${pathText(path)})`}`;
    if (!faults.has(where)) faults.set(where, { where, what, offset });
  }

  for (const error of document.errors) note(error.pos[0], [], syntaxFault(error, text));
  for (const warning of document.warnings) note(warning.pos[0], [], warning.message);
  const isSound = check(document, document.contents, [], [], note);
  const isReadable = isSound && document.errors.every(({ code }) => code === "DUPLICATE_KEY");

  return {
    value: isReadable ? plainValue(document, note) : undefined,
    writtenAt: (path) => {
      const node = nodeAt(document, path);
      return isScalar(node) && isRounded(node.value) ? (node.source ?? null) : null;
    },
    lineOf: (path) => lines.linePos(offsetOf(document, path, false)).line,
    fault: (path, what, { atKey } = { atKey: false }) => note(offsetOf(document, path, atKey), path, what),
    throwFaults: () => {
      if (faults.size === 0) return;
      const inOrder = [...faults.values()].toSorted((a, b) => a.offset - b.offset);
      throw new ConfigurationInvalid(
        `${fileName} is not valid`,
        inOrder.map(({ where, what }) => ({ where, what })),
      );
    },
  };
}

/** `plans[0].line_items[1].name` */
function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
}

type Note = (offset: number, path: Path, what: string) => void;

/** @returns false when the tree must not be turned into values */
function check(document: Document, node: unknown, path: Path, above: readonly Node[], note: Note): boolean {
  if (isAlias(node)) {
    const target = node.resolve(document);
    const offset = node.range?.[0] ?? 0;
    if (target === undefined) note(offset, path, `there is no "&${node.source}" above this "*${node.source}"`);
    else if (above.includes(target)) note(offset, path, `"*${node.source}" contains itself`);
    return target !== undefined && !above.includes(target);
  }
  if (isScalar(node) && typeof node.value === "number" && path.at(-1) !== "percent" && isDecimal(node.source ?? "")) {
    // "200.00" would quietly be 200 cents. As what it is wrong, the schema knows: it may be a text, too.
    node.value = Number.NaN;
    return true;
  }
  if (isSeq(node)) {
    return node.items
      .map((item, index) => check(document, item, [...path, index], [...above, node], note))
      .every(Boolean);
  }
  if (isMap(node)) {
    return node.items.map((pair) => checkPair(document, pair, path, [...above, node], note)).every(Boolean);
  }
  return true;
}

function checkPair(document: Document, { key, value }: Pair, path: Path, above: readonly Node[], note: Note): boolean {
  if (isScalar(key)) return check(document, value, [...path, String(key.value)], above, note);
  note((key as Node | null)?.range?.[0] ?? 0, path, "a key must be a plain word");
  return false;
}

/** Aliases are resolved here; a few lines of them can stand for more values than there is memory. */
function plainValue(document: Document, note: Note): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    note(0, [], `anchors are repeated more than ${ALIASES_MAX} times; write the values out`);
    return undefined;
  }
}

/** Every number of our files but a percentage is whole. */
function isDecimal(source: string): boolean {
  return /^[-+\d.]*[.eE]/.test(source);
}

const MISALIGNED =
  "the indentation does not fit the lines above, or a colon is missing or too many; indent entries of one list or map equally, with spaces";

const SYNTAX_FAULTS: Partial<Record<YAMLParseError["code"], string>> = {
  TAB_AS_INDENT: "indented with a tab; indent with spaces",
  BAD_INDENT: MISALIGNED,
  MULTILINE_IMPLICIT_KEY: MISALIGNED,
  BLOCK_AS_IMPLICIT_KEY: MISALIGNED,
  MULTIPLE_DOCS: 'a second document begins here ("---"); keep one in a file',
};

function syntaxFault(error: YAMLParseError, text: string): string {
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? "";
    return `the key "${key}" is written a second time here; keep one of them`;
  }
  return SYNTAX_FAULTS[error.code] ?? `not YAML: ${error.message}; look at this line and the one before it`;
}

export function isRounded(value: unknown): boolean {
  return (
    typeof value === "number" && (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value))
  );
}

function nodeAt(document: Document, path: Path): unknown {
  return path.reduce<unknown>((found, step) => {
    const node = isAlias(found) ? found.resolve(document) : found;
    return isSeq(node) || isMap(node) ? node.get(step, true) : undefined;
  }, document.contents);
}

/** Where a value begins; of what is missing, where the nearest thing around it begins. */
function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) node = node.items[Number(step)];
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      const isLast = depth === path.length - 1;
      node = pair !== undefined && isLast && atKey ? pair.key : pair?.value;
    } else return offset;
    offset = (node as Node | null | undefined)?.range?.[0] ?? offset;
  }
  return offset;
}
