import type { CallEvent, ExecEvent, FileEvent, RenameEvent, WitnessEvent } from "../../contract/index.ts";
import type { Fact, FieldValue } from "./fact.ts";
import { Lineage } from "./lineage.ts";

/** Of a command line; what is told of it is shorter still. */
const LONGEST_COMMAND = 2048;

type Said<K extends WitnessEvent["kind"]> = Extract<WitnessEvent, { kind: K }>;
type Told = Pick<Fact, "tell"> & { readonly own: Readonly<Record<string, FieldValue>> };

const DONE = {
  create: "made",
  write: "wrote to",
  delete: "deleted",
  executable: "made executable",
  rename: "renamed",
  link: "linked",
} as const;

/** Turns what the witness says into facts; it must be told all of it in order, since it remembers which process is which. */
export class WitnessFacts {
  readonly #lineage = new Lineage();

  fact(event: WitnessEvent): Fact {
    const { kind, at, pid } = event;
    if (event.kind === "exec") this.#lineage.executed(pid, event.program, event.argv[0]);
    if (event.kind === "fork") this.#lineage.forked(pid, event.child);
    const ancestry = this.#lineage.of(pid);
    const { own, tell } = this.#told(event);
    if (event.kind === "exit") this.#lineage.exited(pid);
    const who = ancestry.program === "" ? `process ${pid}` : `${ancestry.program} (${pid})`;
    const fields = { pid, ...ancestry, ...own };
    return { kind, voice: "witness", at, pid, fields, tell: () => `${who} ${tell()}` };
  }

  #told(event: WitnessEvent): Told {
    switch (event.kind) {
      case "exec":
        return ran(event);
      case "fork":
        return { own: { alive: this.#lineage.alive }, tell: () => `made process ${event.child}` };
      case "exit":
        return ended(event);
      case "rename":
      case "link":
        return moved(event);
      case "listen":
        return listened(event);
      case "credentials":
        return changed(event);
      case "call":
        return called(event);
      default:
        return touched(event);
    }
  }
}

function ran({ program, argv, user, origin, sha256 }: ExecEvent): Told {
  const command = argv.join(" ").slice(0, LONGEST_COMMAND);
  return {
    own: { file: program, command, word: argv, user, origin, sha256 },
    tell: () => `was started: ${command}`,
  };
}

function ended({ code, signal }: Said<"exit">): Told {
  const how = code === undefined ? `by signal ${signal ?? 0}` : `with status ${code}`;
  return { own: { code, signal }, tell: () => `ended ${how}` };
}

function touched({ kind, path }: FileEvent): Told {
  return { own: { path, file: path }, tell: () => `${DONE[kind]} ${path}` };
}

function moved({ kind, path, to }: RenameEvent): Told {
  const added = to.startsWith(path) && !to.slice(path.length).includes("/") ? to.slice(path.length) : "";
  return { own: { path, to, file: to, added }, tell: () => `${DONE[kind]} ${path} to ${to}` };
}

function listened({ protocol, address, port }: Said<"listen">): Told {
  const where = protocol === "unix" ? address : `${address} port ${port}`;
  return { own: { protocol, address, port }, tell: () => `waits for connections at ${protocol} ${where}` };
}

function changed({ call, from, to }: Said<"credentials">): Told {
  return { own: { call, from, to }, tell: () => `went from user ${from} to ${to} by ${call}` };
}

function called({ call, detail, succeeded }: CallEvent): Told {
  const result = succeeded ? "" : ", which was refused";
  return { own: { call, detail, succeeded }, tell: () => `called ${call} (${detail})${result}` };
}
