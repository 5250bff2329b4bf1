#!/usr/bin/env node
import { Interruption } from "./interruption.ts";
import { perform } from "./program.ts";
import { flushed, ignoreLostReaders } from "./terminal/standard-streams.ts";

ignoreLostReaders();
const interruption = new Interruption();
const status = await perform(process.argv.slice(2), interruption);
interruption.finish();
await flushed();
process.exit(status);
