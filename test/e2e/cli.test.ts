import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { storePaths } from "../../src/image/index.ts";
import { ERROR_CODES } from "../../src/foundation/index.ts";
import { leftovers } from "../support/leftovers.ts";
import {
  COMMAND,
  CliProcess,
  ROOT,
  endStarted,
  mayfly,
  onTerminal,
  start,
  type CliResult,
} from "./cli-process.ts";

let scratch: string;
beforeAll(async () => {
  execFileSync(join(ROOT, "mayfly"), ["--version"], { stdio: "ignore" }); // builds where that is due
  scratch = mkdtempSync(join(tmpdir(), "mayfly-cli-"));
  chmodSync(scratch, 0o755); // QEMU runs as another user and must reach the stores in it
  expect((await mayfly(["setup", "--quiet"])).status).toBe(0);
});
afterEach(endStarted);
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

interface Json {
  readonly error?: { code: string; message: string; next: string | null };
  readonly id: string;
  readonly outcome: { kind: string; code?: unknown; limit?: string };
  readonly exitCode: number;
  readonly isolation: { kind: string; reason: string };
  readonly disposal: { complete: boolean };
  readonly stdout: { encoding: string; data: string };
  readonly stderr: { encoding: string; data: string };
}

const run = async (...words: readonly string[]): Promise<CliResult> => await mayfly(["run", ...words]);
const sh = async (script: string, ...options: readonly string[]): Promise<CliResult> =>
  await run(...options, "--", "sh", "-c", script);
const parse = ({ stdout }: CliResult): Json => JSON.parse(stdout.toString()) as Json;
const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** A store of its own that borrows the images, so that templates can be made and broken. */
function ownStore(name: string): { MAYFLY_HOME: string } {
  const home = join(scratch, name);
  mkdirSync(home);
  symlinkSync(storePaths().images, join(home, "images"));
  return { MAYFLY_HOME: home };
}

describe("run", () => {
  it("gives the command's output, streams apart, and its status, and is quiet in a pipe", async () => {
    const { status, stdout, stderr } = await sh("echo out; echo err >&2; exit 3");
    expect([status, stdout.toString(), stderr]).toEqual([3, "out\n", "err\n"]);
    expect(await run("--", "true")).toEqual({ status: 0, stdout: Buffer.alloc(0), stderr: "" });
  });

  it("tells commands that are missing, cannot be run or are killed by their status", async () => {
    const missing = await run("--", "no-such-program");
    expect(missing.status).toBe(127);
    expect(missing.stderr).toMatch(/^mayfly: .*no-such-program/);
    expect((await run("--", "/etc/passwd")).status).toBe(126);
    expect((await sh("kill -KILL $$")).status).toBe(137);
  });

  it("passes standard input and output on byte for byte", async () => {
    const bytes = randomBytes(2 ** 20);
    const { status, stdout } = await mayfly(["run", "--", "cat"], { input: bytes });
    expect([status, stdout.length, sha(stdout)]).toEqual([0, bytes.length, sha(bytes)]);
  });

  it("leaves standard input alone with --no-stdin", async () => {
    const process = new CliProcess(["sh", "-c", "$MAYFLY run --no-stdin -- cat; cat"], {
      input: "for the next command",
    });
    expect((await process.ended()).stdout.toString()).toBe("for the next command");
  });

  it("does not wait for the end of input that the command does not read", async () => {
    const { status, stdout } = await start("run", "--", "echo", "hi").ended();
    expect([status, stdout.toString()]).toEqual([0, "hi\n"]);
  });

  it("passes options on that follow --, and variables, directory and user", async () => {
    const words = [
      "--env",
      "A=1 2",
      "--env",
      "PASSED",
      "--cwd",
      "/tmp",
      "--",
      "sh",
      "-c",
      'echo "$A|$PASSED|$PWD|$*"',
      "sh",
      "--json",
      "--",
      "-x",
    ];
    const { stdout } = await mayfly(["run", ...words], { env: { PASSED: "on" } });
    expect(stdout.toString()).toBe("1 2|on|/tmp|--json -- -x\n");
    expect((await run("--user", "root", "--", "id", "-u")).stdout.toString()).toBe("0\n");
  });

  it("ends quietly when its reader goes away", async () => {
    const pipe = new CliProcess(["bash", "-c", "$MAYFLY run -- yes | head -n 1; echo ${PIPESTATUS[0]}"], {
      input: "",
    });
    expect(await pipe.ended()).toMatchObject({ stdout: Buffer.from("y\n141\n"), stderr: "" });
  });

  it("prints one JSON object with --json", async () => {
    const result = await run(
      "--json",
      "--",
      "sh",
      "-c",
      "printf 'text\\033[1m'; printf '\\377\\000' >&2; exit 4",
    );
    expect(result).toMatchObject({ status: 4, stderr: "" });
    const json = parse(result);
    expect(json).toMatchObject({
      outcome: { kind: "exited", code: 4 },
      exitCode: 4,
      disposal: { complete: true },
    });
    expect(json.stdout).toEqual({ encoding: "utf8", data: "text\u001b[1m" });
    expect(json.stderr).toEqual({ encoding: "base64", data: Buffer.of(255, 0).toString("base64") });
    expect(result.stdout.toString()).not.toContain("\u001b");
  });

  it("prints errors as JSON with --json, with the same status", async () => {
    const missing = await run("--json", join(scratch, "nothing"), "--", "cat");
    expect(missing.status).toBe(66);
    expect(parse(missing).error).toMatchObject({
      code: "E_INPUT_MISSING",
      message: expect.stringContaining("nothing") as string,
    });
    const failed = await run("--json", "--", "no-such-program");
    expect(parse(failed)).toMatchObject({
      error: { code: "E_COMMAND_NOT_FOUND" },
      outcome: { kind: "failed" },
      exitCode: 127,
    });
  });

  it("writes the signed report to a file with --report, and says before the run where it cannot", async () => {
    const path = join(scratch, "report.json");
    expect((await run("--report", path, "--", "echo", "hi")).stdout.toString()).toBe("hi\n");
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      report: { result: { outcome: { kind: "exited", code: 0 }, exitCode: 0 } },
    });
    expect(await run("--report", join(scratch, "no/report.json"), "--", "echo", "hi")).toMatchObject({
      status: 73,
      stdout: Buffer.alloc(0),
    });
    expect(readdirSync(scratch).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("inputs and outputs of run", () => {
  it("go in by name and come back", async () => {
    const [input, out] = [join(scratch, "in put.txt"), join(scratch, "out")];
    writeFileSync(input, "text\n");
    const script =
      "cat '/in/in put.txt' /in/other; mkdir /out/d; tr a-z A-Z </in/other >/out/d/up; ln -s /etc/passwd /out/link";
    const { status, stdout, stderr } = await run(
      input,
      "--in",
      `${input}=other`,
      "--out",
      out,
      "--",
      "sh",
      "-c",
      script,
    );
    expect([status, stdout.toString()]).toEqual([0, "text\ntext\n"]);
    expect(readFileSync(join(out, "d/up"), "utf8")).toBe("TEXT\n");
    expect(existsSync(join(out, "link"))).toBe(false);
    expect(stderr).toMatch(/left behind: link \(it is a symbolic link\)/);
  });

  it("do not replace what is there without --force", async () => {
    const out = join(scratch, "taken");
    mkdirSync(out);
    writeFileSync(join(out, "a"), "mine");
    expect((await sh("echo theirs >/out/a", "--out", out)).stderr).toMatch(/a exists.*--force/);
    expect(readFileSync(join(out, "a"), "utf8")).toBe("mine");
    await sh("echo theirs >/out/a", "--out", out, "--force");
    expect(readFileSync(join(out, "a"), "utf8")).toBe("theirs\n");
  });

  it.each([
    ["is missing", (path: string) => path, "E_INPUT_MISSING"],
    [
      "is a directory",
      (path: string) => {
        mkdirSync(path);
        return path;
      },
      "E_INPUT_KIND",
    ],
    [
      "is a FIFO",
      (path: string) => {
        execFileSync("mkfifo", [path]);
        return path;
      },
      "E_INPUT_KIND",
    ],
  ] as const)("are refused where one %s", async (what, make, code) => {
    const path = make(join(scratch, what));
    const { status, stderr } = await run(path, "--", "cat");
    expect(status).toBe(ERROR_CODES[code].exit);
    expect(stderr).toContain(path);
    expect(stderr.split("\n")[1]).toMatch(/^ {2}\S/);
  });

  it("are refused where one cannot be read", async () => {
    const path = join(scratch, "secret");
    writeFileSync(path, "x", { mode: 0 });
    // Root reads everything, unless it lacks this capability.
    const bound =
      process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : [];
    const { status, stderr } = await new CliProcess([...bound, ...COMMAND, "run", path, "--", "cat"], {
      input: "",
    }).ended();
    if (process.getuid?.() === 0) chmodSync(path, 0o600);
    expect(stderr).toContain(`${path} cannot be read`);
    expect(status).toBe(66);
  });
});

describe("limits of run", () => {
  it.each([
    ["--time 1s", "sleep 60", "--time 2s"],
    ["--output 10K", "yes", "--output 20K"],
    ["--processes 20", "for i in $(seq 60); do sleep 60 & done; wait", "--processes 40"],
    ["--memory 128M", "x=a; while :; do x=$x$x; done", "--memory 256M"],
  ] as const)(
    "end a task that goes over %s, and name the flag that raises it",
    async (option, script, flag) => {
      const { status, stderr } = await sh(script, ...option.split(" "));
      expect(stderr).toMatch(/^mayfly: the task was ended: over its \w+ limit of /m);
      expect(stderr).toContain(flag);
      expect(status).toBe(124);
    },
  );

  it.each([
    ["--memory", "1M"],
    ["--vcpus", "0"],
    ["--time", "8000h"],
    ["--memory", "big"],
    ["--cpus", "x"],
  ])("refuse %s %s", async (flag, value) => {
    expect(await run(flag, value, "--", "true")).toMatchObject({ status: 64, stdout: Buffer.alloc(0) });
  });

  it("refuse to be emulated with --isolation hardware, or are held by hardware", async () => {
    const { isolation } = parse(await run("--json", "--", "true"));
    const { status, stderr } = await run("--isolation", "hardware", "--", "true");
    expect(status).toBe(isolation.kind === "hardware" ? 0 : 77);
    if (isolation.kind !== "hardware") expect(stderr).toContain("mayfly doctor");
  });
});

describe("usage errors", () => {
  it.each([
    [["run"], /no `--`/],
    [["run", "--"], /no command/],
    [["run", "--", ""], /empty/],
    [["run", "ls", "-la"], /after `--`/],
    [["run", "--memori", "1G", "--", "true"], /--memory/],
    [["run", "--profile", "pythn", "--", "true"], /python/],
    [["runn"], /Did you mean run/],
    [["help", "nothing"], /no command "nothing"/],
    [["images", "buld"], /list, build, rm, verify/],
    [["kill"], /mayfly ps/],
    [["kill", "m-none"], /mayfly ps/],
    [["shell", "--", "ls"], /run -t/],
    [["images", "rm", "none"], /mayfly images/],
    [["templates", "rm", "none"], /mayfly templates/],
    [["completion", "csh"], /bash, zsh, fish/],
  ])("%j exits with 64 and says what to do", async (words, pattern) => {
    const { status, stdout, stderr } = await mayfly(words);
    expect([status, stdout.length]).toEqual([64, 0]);
    expect(stderr).toMatch(/^mayfly: /);
    expect(stderr).toMatch(pattern);
  });
});

describe("other processes' micro-VMs", () => {
  it("are listed by ps and ended by kill, and their owner disposes of them", async () => {
    const task = start("run", "--", "sh", "-c", "echo ready; sleep 600 # \u001b[2J");
    await task.printed(/ready/);
    const listed = JSON.parse((await mayfly(["ps", "--json"])).stdout.toString()) as {
      id: string;
      owner: number;
      label: string;
      profile: string;
    }[];
    const own = listed.find(({ owner }) => owner === task.child.pid);
    expect(own).toMatchObject({ profile: "base", label: expect.stringContaining("sleep 600") as string });
    const id = own?.id ?? "";
    const table = (await mayfly(["ps"])).stdout.toString();
    expect(table).toContain(id);
    expect(table).not.toContain("\u001b");

    expect(await mayfly(["templates", "rm", "base"])).toMatchObject({
      status: 73,
      stderr: expect.stringContaining("mayfly kill") as string,
    });
    expect((await mayfly(["images", "rm", "base"])).status).toBe(73);

    expect(await mayfly(["kill", id.slice(0, 10)])).toMatchObject({
      status: 0,
      stdout: Buffer.from(`${id}\n`),
    });
    expect((await task.ended()).status).toBe(70);
    expect((await mayfly(["ps"])).stdout.toString()).not.toContain(id);
    expect(leftovers([id])).toEqual([]);
  });
});

describe("signals", () => {
  async function running(): Promise<{ task: CliProcess; id: string }> {
    const task = start("run", "--", "sh", "-c", "echo ready; sleep 600");
    await task.printed(/ready/);
    const listed = JSON.parse((await mayfly(["ps", "--json"])).stdout.toString()) as {
      id: string;
      owner: number;
    }[];
    return { task, id: listed.find(({ owner }) => owner === task.child.pid)?.id ?? "" };
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s disposes of the task and exits with %i", async (signal, status) => {
    const { task, id } = await running();
    task.child.kill(signal);
    expect(await task.ended()).toMatchObject({ status, stderr: "" });
    expect(leftovers([id])).toEqual([]);
  });

  it("a second one leaves at once; the kernel and the next start remove the rest", async () => {
    const { task, id } = await running();
    task.child.kill("SIGINT");
    task.child.kill("SIGTERM");
    expect([130, 143]).toContain((await task.ended()).status);
    await mayfly(["ps"]);
    expect(leftovers([id])).toEqual([]);
  });
});

describe("on a terminal", () => {
  /** BusyBox asks the terminal where its cursor is. */
  // eslint-disable-next-line no-control-regex -- a terminal's own
  const PROMPT = /[$#] (\u001b\[6n)?$/;

  it("control characters of a task are made visible, unless --raw", async () => {
    const command = "$MAYFLY run --no-stdin OPTION -- printf 'a\\033]0;x\\007b'";
    const shown = (await onTerminal(command.replace("OPTION", "")).ended()).stdout.toString();
    expect(shown).toContain("a^[]0;x^Gb");
    expect((await onTerminal(command.replace("OPTION", "--raw")).ended()).stdout.toString()).toContain(
      "a\u001b]0;x\u0007b",
    );
  });

  it("one line sums up where the task ran; --quiet leaves it out", async () => {
    expect((await onTerminal("$MAYFLY run -- true").ended()).stdout.toString()).toMatch(
      /micro-VM \((?:held by the processor|emulated: .*)\) · fork .* · gone: (\d) of \1 disposal steps/,
    );
    expect((await onTerminal("$MAYFLY run --quiet -- true").ended()).stdout.toString()).toBe("");
  });

  it("run -t gives the task a terminal of the same size, and its status comes back", async () => {
    const { status, stdout } = await onTerminal("$MAYFLY run -t -- sh -c 'tty; stty size; exit 7'").ended();
    expect(stdout.toString()).toMatch(/\/dev\/pts\/\d+\r+\n41 91\r+\n/);
    expect(status).toBe(7);
  });

  it("run -t drops what would reach beyond the screen", async () => {
    const { stdout } = await onTerminal("$MAYFLY run -t -- printf 'a\\033]52;c;eA==\\007b\\033[1mc'").ended();
    expect(stdout.toString()).toContain("ab\u001b[1mc");
  });

  it("shell passes keys, Ctrl-C and new sizes on, and restores the terminal", async () => {
    const session = onTerminal("tty; stty -g; $MAYFLY shell; echo status $?; stty -g");
    const [, tty = ""] = await session.printed(/(\/dev\/pts\/\d+)/);
    await session.printed(PROMPT);
    // Said by what Ctrl-C is for: a shell that is about to start a program loses it.
    session.child.stdin.write("sh -c 'echo $((6 * 7)); sleep 600'\r");
    await session.printed(/\n42\r/);
    session.child.stdin.write("\u0003");
    await session.printed(new RegExp(`42[\\s\\S]*\\^C[\\s\\S]*${PROMPT.source}`));
    execFileSync("stty", ["-F", tty, "rows", "50", "cols", "120"]);
    session.child.stdin.write("stty size\r");
    await session.printed(/\n50 120\r/);
    session.child.stdin.write("exit 5\r");
    await session.printed(/status 5/);
    const { stdout } = await session.ended();
    const modes = [...stdout.toString().matchAll(/^([0-9a-f]+(:[0-9a-f]+){10,})\r$/gm)].map(
      ([, mode]) => mode,
    );
    expect(modes).toHaveLength(2);
    expect(modes[1]).toBe(modes[0]);
  });

  it("~. at the beginning of a line leaves a shell that swallows every key", async () => {
    const session = onTerminal("$MAYFLY shell; echo status $?");
    await session.printed(PROMPT);
    session.child.stdin.write("trap '' INT; echo rea''dy; cat\r");
    await session.printed(/ready/);
    session.child.stdin.write("\u0003\r~.");
    await session.printed(/status 130/);
    await session.ended();
  });
});

describe("images and templates", () => {
  it("are listed and verified", async () => {
    expect((await mayfly(["images"])).stdout.toString()).toMatch(/^IMAGE[\s\S]*base-[0-9a-f]{16} .* current/);
    expect((await mayfly(["images", "verify", "base"])).stdout.toString()).toMatch(/base-[0-9a-f]{16}\n/);
    expect((await mayfly(["templates"])).stdout.toString()).toMatch(/^TEMPLATE[\s\S]*base-[0-9a-f]{16}/);
    expect((await mayfly(["profiles"])).stdout.toString()).toMatch(/base[\s\S]*python/);
  });

  it("a template is built, found damaged, replaced and removed", async () => {
    const env = ownStore("templates");
    const list = async (): Promise<{ name: string; damage?: string }[]> =>
      JSON.parse((await mayfly(["templates", "list", "--json"], { env })).stdout.toString()) as {
        name: string;
      }[];
    expect(await list()).toEqual([]);
    const made = await mayfly(["templates", "build", "base", "--memory", "96M", "--json"], { env });
    const [template] = await list();
    expect(JSON.parse(made.stdout.toString())).toEqual([template]);
    expect((await mayfly(["templates", "verify"], { env })).status).toBe(0);

    const ram = join(env.MAYFLY_HOME, "templates", template?.name ?? "", "ram");
    chmodSync(ram, 0o644);
    const bytes = readFileSync(ram);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(ram, bytes);
    const verified = await mayfly(["templates", "verify", "base"], { env });
    expect(verified.status).toBe(70);
    expect(verified.stdout.toString()).toContain("ram is damaged");
    expect((await mayfly(["run", "--memory", "96M", "--", "echo", "hi"], { env })).stdout.toString()).toBe(
      "hi\n",
    );
    expect((await mayfly(["templates", "verify"], { env })).status).toBe(0);

    expect(
      JSON.parse((await mayfly(["templates", "rm", "base", "--json"], { env })).stdout.toString()),
    ).toMatchObject([{ name: template?.name }]);
    expect(await list()).toEqual([]);
  });
});

describe("doctor", () => {
  interface Finding {
    readonly area: string;
    readonly name: string;
    readonly state: string;
    readonly isRequired: boolean;
    readonly evidence: string;
    readonly mend?: string;
  }
  const findings = async (
    options: readonly string[],
    env = {},
  ): Promise<{ ready: boolean; findings: Finding[] }> =>
    JSON.parse((await mayfly(["doctor", "--json", ...options], { env })).stdout.toString()) as {
      ready: boolean;
      findings: Finding[];
    };

  it("sees every required layer on a live micro-VM, and claims hardware only where it is", async () => {
    const { ready, findings: found } = await findings([]);
    expect(found.filter(({ isRequired, state }) => isRequired && state !== "on")).toEqual([]);
    expect(ready).toBe(true);
    const { isolation } = parse(await run("--json", "--", "true"));
    const hardware = found.find(({ area }) => area === "processor");
    expect(hardware?.state).toBe(isolation.kind === "hardware" ? "on" : "off");
    if (isolation.kind !== "hardware")
      expect(`${hardware?.evidence ?? ""}: ${hardware?.mend ?? ""}`).toContain(isolation.reason);
    expect((await mayfly(["doctor"])).stdout.toString()).toMatch(/The jail around QEMU[\s\S]*Ready/);
  });

  it("claims nothing that --quick did not look at", async () => {
    const { findings: found } = await findings(["--quick"]);
    expect(
      new Set(found.filter(({ area }) => area === "jail" || area === "guest").map(({ state }) => state)),
    ).toEqual(new Set(["unknown"]));
  });

  it("says why there is no hardware isolation and how to get it", async () => {
    const { findings: found } = await findings([], {
      ...ownStore("doctor"),
      MAYFLY_KVM_DEVICE: join(scratch, "no-kvm"),
    });
    expect(found.find(({ area }) => area === "processor")).toMatchObject({
      state: "off",
      evidence: expect.stringContaining("does not exist") as string,
      mend: expect.stringContaining("firmware") as string,
    });
  });

  it("exits with 69 where something required is missing", async () => {
    const home = join(scratch, "a-file");
    writeFileSync(home, "");
    const { status, stdout } = await mayfly(["doctor"], { env: { MAYFLY_HOME: home } });
    expect(status).toBe(69);
    expect(stdout.toString()).toMatch(/Not ready/);
  });
});

describe("help", () => {
  const COMMANDS = [
    "open",
    "view",
    "browse",
    "capture",
    "run",
    "shell",
    "ps",
    "kill",
    "check",
    "report",
    "reports",
    "inspect",
    "verify",
    "policy",
    "rules",
    "profiles",
    "images",
    "templates",
    "up",
    "down",
    "doctor",
    "setup",
    "completion",
  ];

  it.each(COMMANDS)("of %s has examples, and docs/cli.md has its options", async (command) => {
    const { status, stdout } = await mayfly([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/^Usage: mayfly /);
    expect(stdout.toString()).toMatch(new RegExp(`\\nExamples:\\n(?: {2}.*\\n)* {2}.*mayfly ${command}`));
    const documented = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
    expect(documented.includes(`## mayfly ${command}`)).toBe(true);
    const flags = [...stdout.toString().matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(
      ([, flag = ""]) => flag,
    );
    expect(flags.filter((flag) => flag !== "--help" && !documented.includes(`\`${flag}`))).toEqual([]);
  });

  it("of mayfly itself names every command, and --version says one line", async () => {
    const { stdout } = await mayfly(["--help"]);
    for (const command of COMMANDS) expect(stdout.toString()).toContain(`\n  ${command} `);
    expect((await mayfly(["--version"])).stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("completion offers commands, options, profiles and subcommands in bash", async () => {
    const complete = async (...words: readonly string[]): Promise<string[]> => {
      const script = `source <($MAYFLY completion bash) && COMP_WORDS=(mayfly "$@") COMP_CWORD=$#; _mayfly 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await new CliProcess(["bash", "-c", script, "bash", ...words], {
        input: "",
      }).ended();
      return stdout.toString().trim().split("\n");
    };
    expect((await complete("ru")).sort()).toEqual(["rules", "run"]);
    expect(await complete("run", "--mem")).toEqual(["--memory"]);
    expect(await complete("run", "--profile", "py")).toEqual(["python"]);
    expect(await complete("run", "--isolation", "h")).toEqual(["hardware"]);
    expect(await complete("templates", "ve")).toEqual(["verify"]);
    expect(await complete("templates", "build", "--v")).toEqual(["--vcpus"]);
    for (const shell of ["zsh", "fish"])
      expect((await mayfly(["completion", shell])).stdout.toString()).toMatch(/--?l? ?memory/);
  });
});
