import { fast } from "./jest.config.js";

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ["**/*.slow.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  // Many cases in one test: the number of cases is fixed, however long a machine takes over them.
  testTimeout: 30 * 60_000,
};
