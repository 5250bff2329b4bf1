import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROBE, WatchedGuests } from "../support/watched.ts";

let guests: WatchedGuests;
beforeAll(() => {
  guests = new WatchedGuests();
});
afterAll(async () => {
  await guests[Symbol.asyncDispose]();
});

describe("the witness tells", () => {
  it("processes: who started whom, with what words, as whom, and how they ended", async () => {
    const { record, live } = await guests.run("cat /etc/hostname >/dev/null; sh -c 'kill -9 $$'; exit 3");
    expect(record).toMatchObject({ state: "complete", missing: [], lost: 0, omitted: 0 });
    const root = record.events.find((event) => event.kind === "fork" && event.pid === 1);
    const shell = root?.kind === "fork" ? root.child : 0;
    expect(record.events).toContainEqual(
      expect.objectContaining({ kind: "exec", pid: shell, user: 1000, origin: "image" }),
    );
    const cat = record.events.find((event) => event.kind === "exec" && event.argv[0] === "cat");
    expect(cat).toMatchObject({ program: "/bin/busybox", argv: ["cat", "/etc/hostname"], argvBytes: 18 });
    expect(cat).toHaveProperty("sha256", expect.stringMatching(/^[0-9a-f]{64}$/));
    expect(record.events).toContainEqual(
      expect.objectContaining({ kind: "fork", pid: shell, child: cat?.pid }),
    );
    expect(record.events).toContainEqual(expect.objectContaining({ kind: "exit", pid: shell, code: 3 }));
    expect(record.events).toContainEqual(expect.objectContaining({ kind: "exit", signal: 9 }));
    const times = record.events.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(live.length).toBe(record.events.length);
  });

  it("files: made, written, renamed, linked, made executable, deleted; each once", async () => {
    const { record } = await guests.run(
      "echo a >made; for i in 1 2 3; do echo b >>made; done; mkdir dir; mv made dir/moved; ln dir/moved linked; " +
        "ln -s x soft; chmod 755 linked; rm linked; rmdir nothing 2>/dev/null; echo x >/etc/passwd; echo y >>/etc/passwd",
      "root",
    );
    const files = record.events
      .filter((event) => "path" in event)
      .map(({ at: _at, pid: _pid, ...rest }) => rest);
    expect(files).toEqual([
      { kind: "create", path: "/tmp/made" },
      { kind: "create", path: "/tmp/dir/" },
      { kind: "rename", path: "/tmp/made", to: "/tmp/dir/moved" },
      { kind: "link", path: "/tmp/dir/moved", to: "/tmp/linked" },
      { kind: "create", path: "/tmp/soft" },
      { kind: "executable", path: "/tmp/linked" },
      { kind: "delete", path: "/tmp/linked" },
      { kind: "write", path: "/etc/passwd" },
    ]);
  });

  it("programs that the image does not have, with their digest, on the root's file system too", async () => {
    const { record, stdout } = await guests.run(
      `cp ${PROBE} /usr/dropped; cp /bin/busybox /bin/busybox2; mv /bin/busybox2 /bin/busybox; /usr/dropped x; sha256sum ${PROBE}; /bin/busybox cat /dev/null; sleep 2`,
      "root",
    );
    const digest = stdout.slice(0, 64);
    const programs = record.events.filter((event) => event.kind === "exec");
    expect(programs.find(({ program }) => program === "/usr/dropped")).toMatchObject({
      origin: "changed",
      sha256: digest,
    });
    expect(programs.find(({ argv }) => argv[0] === "/bin/busybox")).toMatchObject({
      program: "/bin/busybox",
      origin: "changed",
    });
  });

  it("programs that run from memory", async () => {
    const { record } = await guests.run(`${PROBE} memory`);
    expect(record.events).toContainEqual(
      expect.objectContaining({
        kind: "call",
        call: "memfd_create",
        detail: expect.stringContaining("name=hidden") as string,
      }),
    );
    expect(record.events).toContainEqual(
      expect.objectContaining({
        kind: "exec",
        program: "memfd:hidden",
        argv: ["kworker", "nothing"],
        origin: "memory",
      }),
    );
  });

  it.each([
    ["sockets", ["tcp 127.0.0.1 7001", "udp 127.0.0.1 7001", "unix @hidden 0", "unix /tmp/plain 0"]],
    [
      "sockets6",
      [
        "tcp :: 7002",
        "udp :: 7002",
        "tcp ::1 7003",
        "udp ::1 7003",
        "tcp ::ffff:127.0.0.1 7004",
        "udp ::ffff:127.0.0.1 7004",
      ],
    ],
  ])("sockets that wait for others (%s)", async (what, told) => {
    const { record, stderr } = await guests.run(`${PROBE} ${what} || echo "failed: $?" >&2`);
    expect(stderr).toBe("");
    const sockets = record.events
      .filter((event) => event.kind === "listen")
      .map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);
    expect(sockets).toEqual(told);
  });

  it("changes of users, and those that were refused", async () => {
    const { record } = await guests.run(`${PROBE} users`, "root");
    const changes = record.events.filter((event) => event.kind === "credentials");
    expect(changes).toContainEqual(expect.objectContaining({ call: "setuid", from: 0, to: 1000 }));
    expect(record.events).toContainEqual(
      expect.objectContaining({ kind: "call", call: "setuid", detail: "user=0", succeeded: false }),
    );
  });

  it("calls that ordinary programs have no need of", async () => {
    const { record } = await guests.run(
      `mkdir -p /mnt; ${PROBE} calls; cat /etc/shadow /dev/mem | head -c 1`,
      "root",
    );
    const calls = record.events.filter((event) => event.kind === "call");
    const names = new Set(calls.map(({ call }) => call));
    for (const call of [
      "ptrace",
      "process_vm_writev",
      "init_module",
      "finit_module",
      "kexec_load",
      "keyctl",
      "bpf",
    ])
      expect(names).toContain(call);
    for (const call of ["perf_event_open", "setns", "reboot", "unshare", "mount", "open"])
      expect(names).toContain(call);
    expect(calls).toContainEqual(
      expect.objectContaining({
        call: "mount",
        detail: expect.stringContaining("source=none target=/mnt type=tmpfs") as string,
        succeeded: true,
      }),
    );
    expect(calls.find(({ call }) => call === "ptrace")?.detail).toMatch(/^request=attach target=\d+$/);
    expect(calls).toContainEqual(expect.objectContaining({ call: "finit_module", succeeded: false }));
    expect(calls).toContainEqual(
      expect.objectContaining({ call: "open", detail: "path=/dev/mem for=reading" }),
    );
  });

  it("nothing of what the agent does itself", async () => {
    const { record } = await guests.run(":");
    expect(record.events.filter((event) => event.kind !== "fork" && event.pid === 1)).toEqual([]);
    expect(record.events.map(({ kind }) => kind)).toEqual(["fork", "exec", "exit"]);
  });
});
