/**
 * `npm test`: what shows in a minute or two whether everything holds. Many processes, minutes and full disks are in
 * `*.slow.test.ts`, which `npm run test:slow` runs.
 *
 * @type {import('jest').Config}
 */
export const fast = {
  testEnvironment: "node",
  roots: ["<rootDir>/src", "<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", String.raw`\.slow\.test\.ts$`],
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.cjs" },
  globalSetup: "<rootDir>/test/support/before-all.ts",
  globalTeardown: "<rootDir>/test/support/after-all.ts",
  collectCoverageFrom: ["src/**/*.ts"],
  coverageProvider: "v8",
  // Nothing waits for time to pass; this only ends what hangs, on however slow a machine.
  testTimeout: 60_000,
  // jest leaves one core idle by default, which on two cores is half of them.
  maxWorkers: "100%",
};

export default fast;
