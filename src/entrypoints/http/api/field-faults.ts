/**
 * What of a request does not fit its schema, each fault with its place: the one place that words it, in both languages.
 *
 * A check with a rule of its own says a code (`asCode`); the rest is told by what kind of fault it is.
 */
import { z } from "zod";
import { nearest } from "../../../adapters/files/did-you-mean.ts";
import { limitText } from "../../../adapters/files/limit-text.ts";
import { withOneLimit } from "../../../adapters/files/schema-faults.ts";
import { said, type Said, saidOfText } from "../../../domain/refusals.ts";
import type { ProblemFault } from "./problem.ts";

type Issue = z.core.$ZodIssue;
type Place = readonly PropertyKey[];

/** @param schema what was not fitted; its fields are offered for those that do not exist */
export function faultsIn(error: z.core.$ZodError, schema: z.ZodType): readonly FieldFault[] {
  const faults = withOneLimit(error.issues).flatMap((issue) => faultsOf(issue, [], schema));
  // What is no text need not be told that it is too short as well.
  return [...new Map(faults.toReversed().map((fault) => [fault.pointer, fault])).values()].toReversed();
}

export type FieldFault = ProblemFault & { readonly detail: Said };

function faultsOf(issue: Issue, before: Place, schema: z.ZodType): readonly FieldFault[] {
  const place = [...before, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ pointer: pointerOf([...place, key]), detail: noField(key, schema, place) }));
  if (issue.code === "invalid_key" || issue.code === "invalid_element")
    return issue.issues.flatMap((each) => faultsOf(each, place, schema));
  return [{ pointer: pointerOf(place), detail: wordsOf(issue) }];
}

function pointerOf(place: Place): string {
  return place.map((each) => `/${String(each).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function noField(key: string, schema: z.ZodType, place: Place): Said {
  const known = place.length === 0 && schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const near = nearest(key, known);
  return near === null ? said("no_such_field") : said("no_such_field_near", { near });
}

function wordsOf(issue: Issue): Said {
  const own = saidOfText(issue.message);
  if (own !== null) return own;
  if (issue.input === undefined) return said("missing");
  switch (issue.code) {
    case "invalid_type":
      return said("field_of_type", { type: typeNamed(issue.expected) });
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return tooBig(issue);
    case "not_multiple_of":
      return said("number_step", { step: issue.divisor });
    case "invalid_value":
      return valueWanted(issue.values);
    case "invalid_format":
      return formWanted(issue);
    case "invalid_union":
      return said("none_of_forms");
    case "custom":
    case "invalid_element":
    case "invalid_key":
    case "unrecognized_keys":
      return said("field_odd");
    default:
      return issue satisfies never;
  }
}

const TYPES: Readonly<Record<string, Said>> = {
  string: said("type_text"),
  int: said("type_whole"),
  number: said("type_number"),
  boolean: said("type_boolean"),
  array: said("type_list"),
  object: said("type_object"),
  record: said("type_object"),
  null: said("type_null"),
};

function typeNamed(expected: string): Said | string {
  return TYPES[expected] ?? expected;
}

function tooSmall({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): Said {
  const least = limitText(minimum);
  if (origin === "string") return least === "1" ? said("field_empty") : said("text_short", { least });
  if (origin === "array") return least === "1" ? said("field_empty") : said("list_short", { least });
  return inclusive === false ? said("number_not_above", { bound: least }) : said("number_small", { least });
}

function tooBig({ origin, maximum, inclusive }: z.core.$ZodIssueTooBig): Said {
  const most = limitText(maximum);
  if (origin === "string") return said("text_long", { most });
  if (origin === "array") return said("list_long", { most });
  return inclusive === false ? said("number_not_below", { bound: most }) : said("number_big", { most });
}

function valueWanted(values: readonly unknown[]): Said {
  const [value] = values;
  if (values.includes("true") && values.includes("false")) return said("field_of_type", { type: said("type_boolean") });
  if (values.length === 1) return said("value_wanted", { value: String(value) });
  return said("value_of", { values: values.map(String).join(", ") });
}

function formWanted({ format, pattern }: z.core.$ZodIssueInvalidStringFormat & { readonly pattern?: string }): Said {
  if (format === "email") return said("email_wanted");
  if (format === "datetime") return said("instant_wanted");
  if (format === "uuid") return said("uuid_wanted");
  return pattern === undefined ? said("field_odd") : said("form_wanted", { pattern });
}
