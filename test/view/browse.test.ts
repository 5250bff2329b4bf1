import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";

let mayfly: Mayfly;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  await mayfly.prepare("browser");
}, 3_600_000);
afterAll(async () => {
  await mayfly.close();
});

/** Of each process that shows pages: its filter, its namespaces. The brackets keep the script from finding itself. */
const SANDBOXES = `for p in /proc/[0-9]*; do
  tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q -- "--type=[r]enderer" || continue
  echo "$(sed -n 's/^Seccomp:[[:space:]]*//p' $p/status) $(readlink $p/ns/user) $(readlink $p/ns/net)"
done; echo "host $(readlink /proc/1/ns/user) $(readlink /proc/1/ns/net)"`;

it("the browser that shows pages has its own sandbox on", { timeout: 600_000 }, async () => {
  await using fork = await mayfly.fork("browser");
  const guest = fork.exec(["sh", "-c", SANDBOXES], { user: "root" });
  guest.stdin.end();
  const [said, exit] = await Promise.all([text(guest.stdout), guest.exit, text(guest.stderr)]);
  expect(exit).toEqual({ kind: "exited", code: 0 });
  const lines = said.trim().split("\n");
  const [, user = "", net = ""] = lines.pop()?.split(" ") ?? [];
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const [seccomp, itsUser, itsNet] = line.split(" ");
    expect([seccomp, itsUser === user, itsNet === net], line).toEqual(["2", false, false]);
  }
});
