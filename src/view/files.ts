import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import type { OutputFile, RefusedOutput, ViewFile } from "../contract/index.ts";
import { markOrigin } from "../document/index.ts";
import { MayflyError, asMayflyError, neutralise, openUntrusted, outputFailure } from "../foundation/index.ts";
import {
  OutputCollection,
  refusePath,
  saveFile,
  type OutputTaker,
  type SavedOutput,
  type TaskMachine,
} from "../task/index.ts";
import type { AdmittedViewRequest } from "./request.ts";
import type { SafeCopies } from "./safe-copies.ts";

const GUEST_OUT = "/out";
const GUEST_PRINTED = "/run/mayfly/printed";
/** Of each kind that a page is shown, and that safe copies are made of at the end. */
const MOST_SHOWN = 200;
const MOST_PRINTS = 1_000;
const DEEPEST = 32;

interface Item {
  readonly kind: ViewFile["kind"];
  /** Below the kind's directory in the guest, and it may be a path of the host's. */
  readonly path: string;
  bytes: number;
  saved: { readonly path: string; readonly bytes: number; readonly sha256: string } | undefined;
}

/** What a live view leaves that may come out of it: files in `/out`, and what was printed. */
export class ViewFiles implements OutputTaker {
  readonly kept: OutputFile[] = [];
  readonly refused: RefusedOutput[] = [];
  readonly warnings: string[] = [];
  readonly #machine: TaskMachine;
  readonly #request: AdmittedViewRequest;
  readonly #copies: SafeCopies;
  readonly #items: Item[] = [];
  readonly #byKey = new Map<string, number>();
  /** Safe copies that came out. */
  readonly #copied: OutputFile[] = [];
  #staging: string | undefined;

  constructor(machine: TaskMachine, request: AdmittedViewRequest, copies: SafeCopies) {
    this.#machine = machine;
    this.#request = request;
    this.#copies = copies;
  }

  /** What there is now. */
  async list(): Promise<{ readonly files: readonly ViewFile[]; readonly omitted: number }> {
    const items = await this.#look();
    const files = items.slice(0, MOST_SHOWN).map(([id, { kind, path, bytes, saved }]) => ({
      ...{ id, kind, bytes },
      name: neutralise(path, 200),
      ...(saved !== undefined && { saved: saved.path }),
    }));
    return { files, omitted: items.length - files.length };
  }

  /** Brings one out. @returns its path on the host @throws what the policy, the guest and the disk say */
  async save(id: number): Promise<string> {
    const item = this.#items[id];
    if (item === undefined) throw new MayflyError("E_USAGE", "There is no such file any more");
    const { downloads } = this.#request.policy;
    const saved =
      item.kind === "print" || downloads === "safe" ? await this.#safe(item) : await this.#marked(item);
    item.saved = saved;
    return saved.path;
  }

  /** At the end: all that was not brought out yet, as the policy says. @throws as `OutputCollection.collect` */
  async collect(): Promise<void> {
    const { downloads, printing } = this.#request.policy;
    if (this.#request.out === undefined) return;
    if (downloads === "marked") await this.#collectMarked(this.#request.out);
    if (downloads === "safe" || printing === "safe") await this.#collectSafe();
  }

  async #look(): Promise<(readonly [number, Item])[]> {
    const { downloads, printing } = this.#request.policy;
    const files = downloads === "none" ? [] : await this.#listed("file", GUEST_OUT);
    const prints = printing === "none" ? [] : await this.#listed("print", GUEST_PRINTED);
    return [...files, ...prints];
  }

  async #listed(kind: Item["kind"], directory: string): Promise<(readonly [number, Item])[]> {
    const { outFiles } = this.#request.limits;
    const maxEntries = kind === "file" ? outFiles : MOST_PRINTS;
    const entries = await this.#machine.agent.list(directory, { maxEntries, maxDepth: DEEPEST });
    return entries.flatMap((entry) => {
      const path = openUntrusted(entry.path);
      if (entry.kind !== "file" || refusePath(path, DEEPEST) !== undefined) return [];
      const key = `${kind}:${path}`;
      const id = this.#byKey.get(key) ?? this.#items.push({ kind, path, bytes: 0, saved: undefined }) - 1;
      this.#byKey.set(key, id);
      const item = this.#items[id];
      if (item === undefined) return [];
      item.bytes = entry.size;
      return [[id, item] as const];
    });
  }

  async #marked({ path }: Item): Promise<NonNullable<Item["saved"]>> {
    const { out: directory = "", limits, force } = this.#request;
    const place = { directory, staging: this.#stagingIn(directory), path: basename(path), force };
    const signal = AbortSignal.timeout(limits.timeMs);
    const { outBytes } = limits;
    const allowance = { room: outBytes, outBytes, signal, alive: () => undefined };
    const content = this.#machine.agent.get(`${GUEST_OUT}/${path}`);
    const saved = await saveFile(content, place, allowance).catch((cause: unknown) => {
      throw outputFailure(join(directory, place.path), cause);
    });
    const whole = join(directory, saved.path);
    return { path: whole, bytes: saved.bytes, sha256: await this.#mark(whole, path) };
  }

  async #safe({ kind, path, bytes }: Item): Promise<NonNullable<Item["saved"]>> {
    const directory = kind === "print" ? GUEST_PRINTED : GUEST_OUT;
    const name = kind === "print" ? `${this.#request.name} printed ${basename(path)}` : basename(path);
    const copy = await this.#copies.make(this.#machine.agent.get(`${directory}/${path}`), name);
    this.#copied.push({ path: relative(this.#request.out ?? "", copy), bytes });
    return { path: copy, bytes, sha256: "" };
  }

  async #collectMarked(out: string): Promise<void> {
    const { limits, force } = this.#request;
    const staging = this.#stagingIn(out);
    const saved = await this.#savedIn(out);
    const policy = { directory: out, staging, force, limits, signal: undefined, saved };
    const collection = new OutputCollection(this.#machine.agent, policy);
    try {
      await collection.collect();
    } finally {
      // What came out is marked and told, also where not all of it did.
      const earlier = new Set([...saved.values()].map(({ path }) => path));
      for (const { path } of collection.kept) if (!earlier.has(path)) await this.#mark(join(out, path), path);
      this.kept.push(...collection.kept);
      this.refused.push(...collection.refused);
      this.warnings.push(...collection.warnings);
    }
  }

  /** What was saved from the page, and is there still as it was. */
  async #savedIn(out: string): Promise<Map<string, SavedOutput>> {
    const found = new Map<string, SavedOutput>();
    for (const { kind, path, saved } of this.#items)
      if (kind === "file" && saved !== undefined && (await digest(saved.path)) === saved.sha256)
        found.set(path, { ...saved, path: relative(out, saved.path) });
    return found;
  }

  async #collectSafe(): Promise<void> {
    const { policy } = this.#request;
    const isSafe = ({ kind }: Item): boolean => kind === "print" || policy.downloads === "safe";
    const isNew = ({ saved, bytes }: Item): boolean => saved?.bytes !== bytes;
    const items = (await this.#look()).filter(([, item]) => isNew(item) && isSafe(item));
    for (const [index, [id, item]] of items.entries()) {
      const path = neutralise(item.path);
      if (index >= MOST_SHOWN)
        this.refused.push({ path, why: `safe copies are made of ${MOST_SHOWN} files at most` });
      else
        await this.save(id).catch((cause: unknown) => {
          this.refused.push({ path, why: asMayflyError(cause).message });
        });
    }
    this.kept.push(...this.#copied);
  }

  async #mark(path: string, name: string): Promise<string> {
    const sha256 = (await digest(path)) ?? "";
    const { address } = this.#request;
    await markOrigin(path, { name: neutralise(name, 200), sha256, url: address ?? "", at: new Date() });
    return sha256;
  }

  #stagingIn(directory: string): string {
    return (this.#staging ??= this.#machine.claimDirectory(directory));
  }
}

async function digest(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return undefined; // gone, or somebody's meanwhile: then it is not the same
  }
}
