import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openHost } from "../../src/sdk/installation.ts";
import { Microvisor } from "../../src/microvisor/index.ts";
import { View, ViewServer, admitDocument, type ViewChoices } from "../../src/view/index.ts";
import { ROOT } from "../e2e/cli-process.ts";

/** Views of the profile `screen`, whose form stands for any program: it is small, and starts at once. */
export class Shown implements AsyncDisposable {
  readonly #microvisor: Microvisor;
  readonly #server: ViewServer;
  readonly #views: View[] = [];

  private constructor(microvisor: Microvisor, server: ViewServer) {
    this.#microvisor = microvisor;
    this.#server = server;
  }

  static async open(): Promise<Shown> {
    process.env["XDG_CONFIG_HOME"] = join(ROOT, "test", "view", "config");
    const microvisor = new Microvisor(openHost(undefined, () => undefined));
    return new Shown(microvisor, await ViewServer.open(join(ROOT, "dist", "web")));
  }

  /** @param program what is run in the guest once a tab has come; it gets the scale as a line */
  form(
    choices: ViewChoices = {},
    program: readonly string[] = FORM,
  ): { readonly view: View; readonly url: string } {
    const admitted = admitDocument(import.meta.filename, choices);
    const view = new View(
      { ...admitted, profile: "screen", command: program, inputs: [], name: "the form" },
      {
        microvisor: this.#microvisor,
        network: undefined,
        rules: undefined,
        reporting: undefined,
        openElsewhere: async () => await Promise.reject(new Error("nothing opens elsewhere here")),
      },
    );
    this.#views.push(view);
    return { view, url: this.#server.link(this.#server.add(view)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#views.map(async (view) => await view.end()));
    await this.#server.close();
    await this.#microvisor[Symbol.asyncDispose]();
  }
}

/** A program of this directory that runs in the guest, as `Shown.form` takes it. */
export function program(name: string): readonly string[] {
  return ["python3", "-c", readFileSync(join(import.meta.dirname, name), "utf8")];
}

const FORM = ["python3", "/usr/lib/mayfly/test/form.py"];
