export { removeTemplate as default } from "./new-books.ts";
