export { htmlPage } from "./page.ts";
