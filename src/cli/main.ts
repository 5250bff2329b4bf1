#!/usr/bin/env node
import { tellFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { perform } from "./program.ts";
import { flushed, lostOutputError, lostOutputStatus, watchOutputs } from "./terminal/standard-streams.ts";

watchOutputs();
const interruption = new Interruption();
let status = await perform(process.argv.slice(2), interruption);
interruption.finish();
await flushed();
const lost = lostOutputError();
// Whatever the command came to, it is no success that nobody can read.
if (lost !== undefined) status = tellFailure(lost, { json: false });
else if (status === 0) status = lostOutputStatus() ?? 0;
process.exit(status);
