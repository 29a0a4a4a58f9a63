export { makeTemplate as default } from "./new-books.ts";
