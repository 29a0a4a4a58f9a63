import { expect, test } from "@jest/globals";
import { isKeyName, mayDo, type Scope, SCOPES } from "./api-key.ts";

test.each<[held: readonly Scope[], may: readonly Scope[], because: string]>([
  [[], [], "a key of nothing does not even read"],
  [["read"], ["read"], "to read alone"],
  [["write"], ["read", "write"], "every key may read"],
  [["money"], ["read", "money"], "money is no word for the rest"],
  [["admin"], ["read", "admin"], "nor is admin: each scope stands for itself"],
  [["write", "money"], ["read", "write", "money"], "both"],
])("a key of %j may %j (%s)", (held, may) => {
  expect(SCOPES.filter((needed) => mayDo(held, needed))).toEqual(may);
});

test.each<[name: string, is: boolean, because: string]>([
  ["tienda", true, "a word"],
  ["tienda-2.mx_norte", true, "with what words are joined by"],
  ["2026", true, "it may begin with a digit"],
  ["-tienda", false, "it would be read as an option"],
  ["la tienda", false, "two words"],
  ["", false, "nothing"],
  ["t".repeat(60), true, "as long as it may be"],
  ["t".repeat(61), false, "longer"],
  ["ADMIN_TOKEN", false, "the actor of whoever may do everything"],
])("%j as the name of a key: %p (%s)", (name, is) => {
  expect(isKeyName(name)).toBe(is);
});
