/**
 * Changes of SQL inside a string: its comparisons, its conditions, its order and its numbers.
 *
 * Read by pattern, since a statement is put together of pieces (`where ${OPEN} and cycle < ?`) that no parser of SQL
 * knows. A change that breaks the statement is killed by the first test that prepares it.
 */
export type SqlChange = { readonly from: number; readonly to: number; readonly after: string };

const SQL =
  /\b(select|update \w|insert into|delete from|where|if (not )?exists|is (not )?null|json_each|order by)\b|\bexists \(|\w\.\w+ (=|<|>|in)/;

/** A word or sign, and what it becomes. Longer ones first. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bis not null\b/g, "is null"],
  [/\bis null\b/g, "is not null"],
  [/\bnot exists\b/g, "exists"],
  [/(?<!not )\bexists\b/g, "not exists"],
  [/\bnot in\b/g, "in"],
  [/(?<!not )\bin \(/g, "not in ("],
  [/\bleft join\b/g, "join"],
  [/\band\b/g, "or"],
  [/\bor\b(?! (replace|ignore|abort|rollback))/g, "and"],
  [/(?<= )<=(?= )/g, "<"],
  [/(?<= )>=(?= )/g, ">"],
  [/(?<= )<>(?= )/g, "="],
  [/(?<= )<(?= )/g, "<="],
  [/(?<= )>(?= )/g, ">="],
  [/\bdesc\b/g, "asc"],
  [/\bmin\(/g, "max("],
  [/\bmax\(/g, "min("],
  // What `exists` selects is read by nobody.
  [/(?<=[\s(])(?<!\bselect )\d+(?=[\s),])/g, "7"],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
];

/** `and <one condition>`, without brackets or another `and` inside: dropped whole. */
const CONDITION =
  /\s+and (?:(?!\band\b|\bor\b|[()`"\n?]|\$\{).)*(?:\$\{\w+\}|\([^()`?]*\))?(?=\s*(?:\)|\n|`|"|$| and ))/g;
/** An equation outside of `set` and `on`: a join turned round finds nothing, which everything notices. */
const EQUATION = /(?<=\b(?:and|where|or|when|\() [^=\n`]{1,60}) = /g;

export function isSql(text: string): boolean {
  return SQL.test(text);
}

export function sqlChanges(text: string): SqlChange[] {
  const changes = WORDS.flatMap(([pattern, after]) => matchesOf(text, pattern, after));
  changes.push(...matchesOf(text, CONDITION, ""), ...matchesOf(text, EQUATION, " <> "));
  return changes.filter(({ from }) => !isInside(text, from));
}

function matchesOf(text: string, pattern: RegExp, after: string): SqlChange[] {
  return [...text.matchAll(pattern)].map(({ 0: match, index }) => ({ from: index, to: index + match.length, after }));
}

/** What stands inside `${…}` is code, and has points of its own. */
function isInside(text: string, at: number): boolean {
  return text.lastIndexOf("${", at) > text.lastIndexOf("}", at);
}
