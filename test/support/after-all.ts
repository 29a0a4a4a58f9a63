export { removeTemplate as default } from "./new-database.ts";
