// Reads Mayfly's own rules ahead of time, after compiling. What is wrong with one of them ends the build.
import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PREPARED, prepareRules } from "../dist/task/prepared-rules.js";
import { readRules } from "../dist/task/rule-files.js";

const folder = fileURLToPath(import.meta.resolve("../rules/"));
const files = readdirSync(folder).map((name) => folder + name);
writeFileSync(PREPARED, await prepareRules(files));
await Promise.all(files.map(readRules)); // compiles each
