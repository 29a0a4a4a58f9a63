/**
 * `npm test`: what shows in a few minutes whether everything holds. Many processes, minutes and full disks are in
 * `*.slow.test.ts`, which `npm run test:slow` runs.
 */
process.env["TEST_TIMEOUT_MS"] ??= String(3 * 60_000);

/** @type {import('jest').Config} */
export const fast = {
  runner: "jest-light-runner",
  setupFiles: ["<rootDir>/test/support/plain-node.ts"],
  // Node reads TypeScript by itself.
  transform: {},
  roots: ["<rootDir>/src", "<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", String.raw`\.slow\.test\.ts$`],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  globalSetup: "<rootDir>/test/support/before-all.ts",
  globalTeardown: "<rootDir>/test/support/after-all.ts",
  testSequencer: "<rootDir>/test/support/longest-first.ts",
  // jest leaves one core idle by default, which on two cores is half of them.
  maxWorkers: "100%",
};

export default fast;
