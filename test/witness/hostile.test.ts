import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROBE, WatchedGuests } from "../support/watched.ts";

let guests: WatchedGuests;
beforeAll(() => {
  guests = new WatchedGuests();
});
afterAll(async () => {
  await guests[Symbol.asyncDispose]();
});

describe("a witness that is worked against", () => {
  it(
    "counts what it does not tell of a flood, and still tells what is rare",
    async () => {
      // Half a minute under emulation on a busy machine. Two events each: MAYFLY_TEST_FLOOD=5000000 makes ten million.
      const rounds = Number(process.env["MAYFLY_TEST_FLOOD"] ?? 100_000);
      const before = process.memoryUsage().rss;
      const { record, live } = await guests.run(`${PROBE} files ${rounds}; ${PROBE} memory`);
      const files = record.events.filter(({ kind }) => kind === "create" || kind === "delete");
      expect(files.length + record.lost + record.omitted).toBeGreaterThanOrEqual(2 * rounds);
      expect(files.length).toBeLessThanOrEqual(6000);
      expect(record.state).toBe("incomplete");
      expect(record.missing.join(" ")).toContain("more than is kept of their kind");
      expect(record.events).toContainEqual(expect.objectContaining({ kind: "exec", origin: "memory" }));
      expect(live.length).toBeLessThanOrEqual(20_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    },
    3 * 3_600_000,
  );

  // A minute under emulation where the machine is busy: a millisecond each.
  it("counts 50,000 processes", async () => {
    const { record } = await guests.run(`${PROBE} forks 50000`);
    const lives = record.events.filter(({ kind }) => kind === "fork" || kind === "exit").length;
    expect(lives).toBeLessThanOrEqual(8000);
    expect(lives + record.lost + record.omitted).toBeGreaterThanOrEqual(100_000);
    expect(record.state).toBe("incomplete");
    expect(record.missing.join()).toContain("more than is kept of their kind");
  });

  it("shows names with line ends, markup, colours and bytes that are no text, made harmless", async () => {
    const { record } = await guests.run(
      String.raw`printf 'a\nb<script>\033[31m\377' >name; f="$(cat name)"; : >"$f"; mkdir "d$f"`,
    );
    const paths = record.events.flatMap((event) => (event.kind === "create" ? [event.path] : []));
    expect(paths).toContain(String.raw`/tmp/a\u{a}b<script>\u{1b}[31m\u{dcff}`);
    for (const path of paths) expect(path).not.toMatch(/[\u0000-\u001f\u007f]/); // eslint-disable-line no-control-regex -- they must not be there
  });

  it("cuts a command line of 1 MB, and says how long it was", async () => {
    const { record } = await guests.run(`${PROBE} long`);
    const long = record.events.find((event) => event.kind === "exec" && event.argv[0] === "long");
    expect(long).toMatchObject({ argvBytes: 1_000_015 });
    if (long?.kind === "exec") expect(long.argv.join(" ").length).toBeLessThanOrEqual(4096);
  });

  it("says that somebody switched tracing off", async () => {
    const { record } = await guests.run(
      "echo 0 >/proc/sys/kernel/ftrace_enabled; cat /proc/sys/kernel/ftrace_enabled",
      "root",
    );
    expect(record).toMatchObject({
      state: "incomplete",
      missing: ["Somebody in the guest switched the kernel's tracing off."],
    });
  });

  it.each([
    ["/proc, /sys and all else", "umount -l /proc; umount -l /sys; umount -l /dev"],
    ["its own view of them", "unshare -m sh -c 'umount -l /proc; umount -l /sys'"],
  ])("goes on where root takes away %s", async (_what, script) => {
    const { record } = await guests.run(`${script}; : >/tmp/afterwards; sleep 1`, "root");
    expect(record.events).toContainEqual(
      expect.objectContaining({ kind: "call", call: "umount", succeeded: true }),
    );
    expect(record.events.flatMap((event) => (event.kind === "create" ? [event.path] : []))).toContain(
      "/tmp/afterwards",
    );
  });

  it("outlives root's attempts to kill it", async () => {
    const { record } = await guests.run("kill -9 1; kill -STOP 1; : >/tmp/afterwards", "root");
    expect(record).toMatchObject({ state: "complete", missing: [] });
    expect(record.events).toContainEqual(
      expect.objectContaining({ kind: "create", path: "/tmp/afterwards" }),
    );
  });

  it("says that the guest ended before it could tell the rest", async () => {
    const { record, failure } = await guests.crash(
      ": >/tmp/before; sleep 1; echo c >/proc/sysrq-trigger; sleep 60",
    );
    expect(failure).toMatchObject({ code: expect.stringMatching(/^E_/) as string });
    expect(record.state).toBe("incomplete");
    expect(record.missing.join()).toContain("The witness was cut off: ");
    expect(record.events).toContainEqual(expect.objectContaining({ kind: "create", path: "/tmp/before" }));
  });

  it("says that the guest no longer answers", async () => {
    const { record } = await guests.silence(": >/tmp/before; sleep 60");
    expect(record).toMatchObject({
      state: "incomplete",
      missing: ["The witness did not answer at the end."],
    });
    expect(record.events).toContainEqual(expect.objectContaining({ kind: "create", path: "/tmp/before" }));
  });
});
