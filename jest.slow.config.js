// Many cases in one test: the number of cases is fixed, however long a machine takes over them.
process.env["TEST_TIMEOUT_MS"] ??= String(30 * 60_000);
const { fast } = await import("./jest.config.js");

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ["**/*.slow.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
};
