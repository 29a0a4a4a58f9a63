/**
 * Fault rules as one writes them on a command line: `[METHOD PATH:]KIND[:key=value,…]`.
 *
 * `POST /orders:reset_after:nth=3` · `504_after:chance=0.05` · `GET /orders/*:latency:ms=500,always`
 */
import { checkFaultRule, type FaultRule, InvalidFault } from "./fault-rule.ts";
import { FAULT_KINDS, isFaultKind } from "./fault-kind.ts";

const NUMBER_KEYS: Readonly<Record<string, string>> = {
  nth: "nth",
  next: "next",
  chance: "chance",
  ms: "ms",
  for_ms: "forMs",
  retry_after: "retryAfterSeconds",
};

/** @throws {InvalidFault} saying what is wrong and what would be right */
export function parseFaultFlag(text: string): FaultRule {
  const parts = text.split(":");
  const call = /[ /]/.test(parts[0] ?? "") ? parts.shift()?.trim() : undefined;
  const [kind = "", options = "", ...rest] = parts.map((part) => part.trim());
  if (rest.length > 0) throw invalid(text, `there is nothing after the options, but ":${rest.join(":")}" is`);
  if (!isFaultKind(kind)) {
    throw invalid(text, `"${kind}" is no kind of fault; the kinds are ${Object.keys(FAULT_KINDS).join(", ")}`);
  }
  try {
    return checkFaultRule({ kind, ...(call === undefined ? {} : { call }), ...optionsOf(text, options) });
  } catch (error) {
    throw error instanceof InvalidFault ? invalid(text, error.message.replace("not a fault rule: ", "")) : error;
  }
}

function optionsOf(text: string, options: string): Record<string, unknown> {
  const pairs = options.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(pairs.map((pair) => optionOf(text, pair.trim())));
}

function optionOf(text: string, pair: string): [string, unknown] {
  const [key = "", value] = pair.split("=");
  if (key === "always" && (value === undefined || value === "true")) return ["always", true];
  if (key === "customer" && value) return ["customerId", value];
  const name = NUMBER_KEYS[key];
  if (name === undefined) {
    throw invalid(
      text,
      `"${key}" is no option; the options are ${[...Object.keys(NUMBER_KEYS), "always", "customer"].join(", ")}`,
    );
  }
  const number = Number(value);
  if (value === undefined || value === "" || Number.isNaN(number)) throw invalid(text, `${key} needs a number`);
  return [name, number];
}

function invalid(text: string, reason: string): InvalidFault {
  return new InvalidFault(`--fault "${text}": ${reason}. Example: --fault "POST /orders:reset_after:nth=3"`);
}
