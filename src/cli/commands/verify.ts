import { Command } from "commander";
import { neutralise } from "../../foundation/index.ts";
import { verifyReport } from "../../sdk/index.ts";
import type { Invocation } from "../invocation.ts";
import { writeJson } from "../json.ts";
import { print } from "../terminal/print.ts";
import { isUtf8Locale, styleFor } from "../terminal/style.ts";

const EXAMPLES = `
Examples:
  mayfly report last --format json > report.json
  mayfly verify report.json
  mayfly verify report.json --key SHA256:…         signed by an installation that you know

The exit status is 0 where the report is whole and signed by this installation, or by the key that --key names; 1 where it is
whole and signed by another one; 65 where it is not what was signed, or no report.`;

/** Whole, and signed by somebody that nobody here vouched for: anybody can make a key. */
const UNKNOWN_SIGNER = 1;

export function verifyCommand(invocation: Invocation): Command {
  return new Command("verify")
    .description("Checks that a report is, byte for byte, what was signed, and says by whose key.")
    .argument("<FILE>", "a report, as --format json writes it")
    .option("--key <FINGERPRINT>", "the one that must have signed it; default: this installation's")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, { key, json = false }: { key?: string; json?: boolean }) => {
      const { signed, fingerprint, signer } = await verifyReport(file);
      const { id, startedAt } = signed.report.result;
      const isTrusted = key === undefined ? signer === "own" : key === fingerprint;
      if (!isTrusted) invocation.status = UNKNOWN_SIGNER;
      if (json) {
        writeJson({ id, startedAt, whole: true, signer, fingerprint, trusted: isTrusted });
        return;
      }
      const style = styleFor(process.stdout);
      const [yes, unsure] = isUtf8Locale() ? ["✓", "?"] : ["ok", "?"];
      const whose = signer === "own" ? "this installation's key" : "another installation's key";
      const sign = isTrusted ? style.good(yes) : style.unsure(unsure);
      print(`${sign} ${neutralise(file)}: report ${neutralise(id)} of ${neutralise(startedAt)} is whole`);
      print(`  signed by ${whose}, ${fingerprint}`);
      if (!isTrusted)
        print("  Anybody can make a key: compare it with the one that you expect, and name that with --key.");
    });
}
