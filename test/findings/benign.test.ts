import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Mayfly, listProfiles } from "../../src/index.ts";
import { runReported } from "./run-reported.ts";
