/**
 * Where one change of a file may be made that a test ought to notice: each point replaces one span of its text.
 *
 * Comparisons, conditions, constants, list elements, statements and pairs of methods come from the syntax tree; the
 * conditions inside SQL from `sql-points.ts`. What only talks is left alone: logs, assertions and the texts of errors.
 */
import { parseSync } from "oxc-parser";
import { isSql, sqlChanges } from "./sql-points.ts";

export type MutationPoint = {
  readonly file: string;
  readonly line: number;
  /** The line in which it begins. */
  readonly lineText: string;
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
};

type Change = Pick<MutationPoint, "start" | "end" | "after">;

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

const COMPARISONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["<", ["<=", ">="]],
  ["<=", ["<", ">"]],
  [">", [">=", "<="]],
  [">=", [">", "<"]],
  ["===", ["!=="]],
  ["!==", ["==="]],
]);

const ARITHMETIC: ReadonlyMap<string, string> = new Map([
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["/", "*"],
  ["%", "*"],
]);

const METHODS: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["min", "max"],
  ["max", "min"],
  ["floor", "ceil"],
  ["ceil", "floor"],
  ["find", "findLast"],
  ["findLast", "find"],
]);

/** Dropped with their brackets: `rows.filter(isOpen)` becomes `rows`. */
const DROPPED_METHODS = new Set(["filter", "toSorted", "slice", "plus", "minus", "startOf", "endOf"]);

/** Types and imports are not what runs; a log and an assertion decide nothing. */
const SILENT = /^(TS(?!AsExpression|NonNullExpression|SatisfiesExpression)|Import|ExportAll)/;
const TALK = /^(assert\b|log\.|[\w.]+\.log\.|log\[)/;
const ERROR = /^\w*(Error|Refused|NotFound|Unavailable|Unauthorized|Unusable|Invalid|Busy|WrongMode)$/;

export function mutationPoints(file: string, source: string): MutationPoint[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message ?? ""}`);
  const changes: Change[] = [];
  walk(program as unknown as Node, source, changes);
  return changes.map((change) => {
    const before = source.slice(change.start, change.end);
    const line = source.slice(0, change.start).split("\n").length;
    return { file, line, lineText: (source.split("\n")[line - 1] ?? "").trim(), before, ...change };
  });
}

/** @returns the whole text with the one change in it */
export function changed(source: string, { start, end, after }: Change): string {
  return source.slice(0, start) + after + source.slice(end);
}

function walk(node: Node, source: string, found: Change[]): void {
  if (SILENT.test(node.type) || isTalk(node, source)) return;
  found.push(...changesOf(node, source));
  if (isComparator(node, source)) return walk(node["test"] as Node, source, found);
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) walk(child, source, found);
}

/** `a < b ? -1 : 1`: only the signs count. */
function isComparator(node: Node, source: string): boolean {
  return (
    node.type === "ConditionalExpression" &&
    textOf(node["consequent"], source) === "-1" &&
    textOf(node["alternate"], source) === "1"
  );
}

function isTalk(node: Node, source: string): boolean {
  if (node.type === "CallExpression") return TALK.test(textOf(node["callee"], source));
  return node.type === "NewExpression" && ERROR.test(textOf(node["callee"], source));
}

function changesOf(node: Node, source: string): Change[] {
  const text = textOf(node, source);
  const replacedBy = (...texts: string[]): Change[] =>
    texts.map((after) => ({ start: node.start, end: node.end, after }));
  const part = (name: string): string => textOf(node[name], source);
  switch (node.type) {
    case "BinaryExpression": {
      const [left, right, operator] = [part("left"), part("right"), String(node["operator"])];
      const isText = /["'`]/.test(left + right);
      const others = COMPARISONS.get(operator) ?? (isText ? [] : [ARITHMETIC.get(operator) ?? []].flat());
      return replacedBy(...others.map((other) => `${left} ${other} ${right}`));
    }
    case "LogicalExpression": {
      const [left, right, operator] = [part("left"), part("right"), String(node["operator"])];
      if (operator === "??") return replacedBy(...(/^(null|undefined|Number\.NaN)$/.test(right) ? [] : [`(${right})`]));
      return replacedBy(`${left} ${operator === "&&" ? "||" : "&&"} ${right}`, `(${left})`, `(${right})`);
    }
    case "UnaryExpression":
      return node["operator"] === "!" ? replacedBy(part("argument")) : [];
    case "IfStatement":
    case "ConditionalExpression": {
      const test = node["test"] as Node;
      return ["true", "false"].map((after) => ({ start: test.start, end: test.end, after }));
    }
    case "Literal":
      if (typeof node["value"] === "boolean") return replacedBy(String(!node["value"]));
      return typeof node["value"] === "number" ? replacedBy(String(node["value"] + 1)) : sqlPointsOf(node, text);
    case "TemplateLiteral":
      return sqlPointsOf(node, text);
    case "ArrayExpression":
      return droppedElements(node["elements"] as readonly (Node | null)[]);
    case "ExpressionStatement": {
      const expression = unawaited(node["expression"] as Node);
      // `satisfies never` asks the compiler, and does nothing.
      return isTalk(expression, source) || expression.type === "TSSatisfiesExpression" ? [] : replacedBy(";");
    }
    case "CallExpression":
      return methodChanges(node, source);
    case "ContinueStatement":
    case "BreakStatement":
      return replacedBy(";");
    default:
      return [];
  }
}

function sqlPointsOf({ start, end }: Node, text: string): Change[] {
  if (!isSql(text)) return [];
  return sqlChanges(text).map(({ from, to, after }) => ({
    start: start + from,
    end: Math.min(end, start + to),
    after,
  }));
}

function droppedElements(elements: readonly (Node | null)[]): Change[] {
  const present = elements.filter((element) => element !== null);
  // A destructured pair and a row of a table are no lists.
  if (present.length < 2 || !present.every(({ type }) => type === "Literal" || type === "SpreadElement")) return [];
  return present.map((element, index) => {
    const next = present[index + 1];
    const previous = present[index - 1];
    const start = next === undefined ? (previous?.end ?? element.start) : element.start;
    return { start, end: next?.start ?? element.end, after: "" };
  });
}

function methodChanges(node: Node, source: string): Change[] {
  const callee = node["callee"] as Node;
  if (callee.type !== "MemberExpression" || callee["computed"] === true || callee["optional"] === true) return [];
  const object = callee["object"] as Node;
  const property = callee["property"] as Node;
  const name = textOf(property, source);
  const other = METHODS.get(name);
  if (other !== undefined) return [{ start: property.start, end: property.end, after: other }];
  return DROPPED_METHODS.has(name) ? [{ start: object.end, end: node.end, after: "" }] : [];
}

function unawaited(node: Node): Node {
  return node.type === "AwaitExpression" ? (node["argument"] as Node) : node;
}

function textOf(node: unknown, source: string): string {
  return isNode(node) ? source.slice(node.start, node.end) : "";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}
