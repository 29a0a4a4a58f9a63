import { expect, test } from "@jest/globals";
import { youngSpace } from "./young-space.ts";

const MIB = 1024 * 1024;

test("it grows until it is large enough, and is told once to grow no more", () => {
  const sizes = [1, 4, 5, 32];
  const told: number[] = [];
  const keepSmall = youngSpace(
    () => (sizes[0] ?? 0) * MIB,
    () => told.push(sizes[0] ?? 0),
  );
  for (; sizes.length > 0; sizes.shift()) keepSmall();
  expect(told).toEqual([5]);
});

test("V8 tells how large it is, and has such a flag", () => {
  expect(youngSpace()).not.toThrow();
});
