/** The schema of a row as it goes out: in snake_case, money in whole cents alone. */
import { z } from "zod";

type SnakeOf<Name> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeOf<Rest>}`
    : `_${Lowercase<First>}${SnakeOf<Rest>}`
  : "";

/** Columns in units, which stand beside the same in cents, and which the API leaves out. */
export const UNITS = ["amount", "paid", "owed", "refunded", "lost", "net"] as const;
type UnitsOf<Row> = {
  [Key in keyof Row & (typeof UNITS)[number]]: `${Key}Cents` extends keyof Row ? Key : never;
}[keyof Row & (typeof UNITS)[number]];

type Kept<Row> = Omit<Row, UnitsOf<Row>>;

/** A schema for every column that goes out: one that the row has more or less does not compile. */
type Columns<Row> = { readonly [Key in keyof Kept<Row>]-?: z.ZodType };

type SnakeShape<Fields extends Readonly<Record<string, z.ZodType>>> = {
  [Key in keyof Fields & string as SnakeOf<Key>]: Fields[Key];
};

/** @param name in openapi.json */
export function rowOf<Row>(name: string) {
  return <Fields extends Columns<Row>>(fields: Fields & Record<Exclude<keyof Fields, keyof Columns<Row>>, never>) =>
    z.strictObject(snakeKeys(fields) as unknown as SnakeShape<Fields>).meta({ id: name });
}

function snakeKeys(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]: [string, unknown]) => [snake(key), value]));
}

export function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
