import { existsSync } from "node:fs";
import type { TaskRequest } from "../../contract/index.ts";
import { MayflyError, neutralise } from "../../foundation/index.ts";

/** A mistyped name is told before minutes go into a first image. Everything else about inputs is the task's to check. */
export function requireInputs(
  { inputs = [] }: Pick<TaskRequest, "inputs">,
  next = "Check the name. The command to run comes after `--`.",
): void {
  for (const input of inputs) {
    const path = typeof input === "string" ? input : input.path;
    if (path === "") {
      throw new MayflyError("E_INPUT_MISSING", "The name of an input is empty", {
        next: "Name a file; a variable that was meant to hold its name may be unset.",
      });
    }
    if (existsSync(path)) continue;
    throw new MayflyError("E_INPUT_MISSING", `The input ${neutralise(path)} does not exist`, { next });
  }
}
