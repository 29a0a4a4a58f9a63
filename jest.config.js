/** @type {import('jest').Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/src", "<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.cjs" },
  collectCoverageFrom: ["src/**/*.ts"],
  coverageProvider: "v8",
  // Nothing waits for time to pass; this only ends what hangs, on however slow a machine.
  testTimeout: 60_000,
  // jest leaves one core idle by default, which on two cores is half of them.
  maxWorkers: "100%",
};
