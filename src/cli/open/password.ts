import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { MayflyError } from "../../foundation/index.ts";

/**
 * Asks for the password of documents without showing it; where standard input is no terminal, its first line is taken.
 * It never comes from the command line or a variable, which other users and programs may read.
 */
export async function askPassword(): Promise<string> {
  const { stdin, stderr } = process;
  const silent = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const lines = createInterface({
    input: stdin,
    output: stdin.isTTY ? silent : undefined,
    terminal: stdin.isTTY,
  });
  // Only now does the terminal show nothing of what is typed
  if (stdin.isTTY) stderr.write("Password of the documents: ");
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => {
        reject(new MayflyError("E_CANCELLED", "No password was given"));
      });
      lines.once("close", () => {
        reject(
          new MayflyError("E_USAGE", "No password was given", { next: "Type it, or pipe it in as a line." }),
        );
      });
    });
  } finally {
    lines.close();
    if (stdin.isTTY) stderr.write("\n");
  }
}
