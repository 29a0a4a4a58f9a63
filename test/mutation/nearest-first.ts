/** Runs test files in the order in which they are named in MUTATION_ORDER, so that the first failure comes early. */
type Test = { readonly path: string };

export default class NearestFirst {
  sort(tests: readonly Test[]): Test[] {
    const order = (process.env["MUTATION_ORDER"] ?? "").split(",");
    const rank = ({ path }: Test): number => order.findIndex((file) => path.endsWith(`/${file}`));
    return tests.toSorted((a, b) => rank(a) - rank(b));
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {}

  shard(tests: readonly Test[]): readonly Test[] {
    return tests;
  }
}
