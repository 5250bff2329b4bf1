import { join } from "node:path";
import type { TaskResult, ViewStage } from "../contract/index.ts";
import { ignoring } from "../foundation/index.ts";
import { INSTALLATION } from "../image/index.ts";
import { prepareOutputDirectory } from "../task/index.ts";
import {
  View,
  ViewServer,
  admitDocument,
  admitPage,
  requireAddress,
  type BrowseChoices,
  type ViewChoices,
  type ViewHost,
  type ViewSocket,
} from "../view/index.ts";
import type { RunRequest } from "./options.ts";

/** How something is to be viewed, and who is told of it. */
export interface ViewRequest extends ViewChoices {
  /** Ends it at once, without taking out what may come out. */
  readonly signal?: AbortSignal | undefined;
  /** `false`: no report is made of it. */
  readonly report?: boolean | undefined;
  /** Variables that the policy's secrets are found in. Default: this process's. */
  readonly secretEnv?: RunRequest["secretEnv"];
  /** `false`: nothing listens; give tabs to it by `attach`. Default: it has an address on this machine. */
  readonly serve?: boolean | undefined;
  /** Told of what may be looked at while it runs, and of what it does, as its guest says. */
  readonly onLive?: RunRequest["onLive"];
  readonly onWitness?: RunRequest["onWitness"];
  readonly onStage?: ((stage: ViewStage, text: string) => void) | undefined;
}

export interface BrowseRequest extends ViewRequest, BrowseChoices {
  /** Told of each page of another site that a person opened, in a micro-VM of its own. Its handle is yours too. */
  readonly onElsewhere?: ((view: LiveView) => void) | undefined;
  /** Where nothing of ours listens: the path at which you show such a page, from the one of its tab's directory. */
  readonly pathOf?: ((view: LiveView) => string) | undefined;
}

/** Something untrusted, live on a screen. It lives until its window is closed, a person ends it, or `end`. */
export interface LiveView extends AsyncDisposable {
  readonly id: string;
  /** What is shown, for people. Neutralised. */
  readonly name: string;
  /** An address that lets one browser of this machine's user in, once; undefined where nothing listens. */
  readonly url: string | undefined;
  /** Settles when the first of it is on the screen of a tab; rejects where it ended before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<TaskResult>;
  /** Ends it; what its policy lets out comes out first. */
  end(): Promise<TaskResult>;
  /** A small picture of its screen, as a PNG file; undefined while nothing is shown. @throws E_GUEST_PROTOCOL, E_GUEST_SILENT, E_CLOSED */
  picture(): Promise<Buffer | undefined>;
  /** Gives it a tab: a WebSocket of the `ws` library from a page that you trust. @throws E_USAGE where the daemon shows it */
  attach(socket: ViewSocket): void;
}

interface ViewsHost {
  readonly host: Pick<ViewHost, "microvisor" | "network" | "rules">;
  readonly reporting: (wanted: boolean | undefined) => ViewHost["reporting"];
}

/** The live views of one Mayfly, and the server that shows them. */
export class Views {
  readonly #parts: ViewsHost;
  readonly #views = new Set<View>();
  #server: Promise<ViewServer> | undefined;

  constructor(parts: ViewsHost) {
    this.#parts = parts;
  }

  async document(path: string, request: ViewRequest): Promise<LiveView> {
    return (await this.#open(admitDocument(path, request), request)).view;
  }

  async page(text: string, request: BrowseRequest): Promise<LiveView> {
    return (await this.#page(text, request)).view;
  }

  /** Ends what is still shown, and the server. */
  async close(): Promise<void> {
    await Promise.all([...this.#views].map(async (view) => await view.end()));
    await (await this.#server)?.close();
  }

  async #page(text: string, request: BrowseRequest): Promise<Opened> {
    const address = requireAddress(text);
    const site = request.perSite === true ? await siteOf(address) : undefined;
    return await this.#open(admitPage(address, request, site), request);
  }

  async #open(admitted: ReturnType<typeof admitPage>, request: BrowseRequest): Promise<Opened> {
    const { signal, report, onStage, onLive, onWitness, onElsewhere, pathOf, serve = true } = request;
    const { secretEnv } = request;
    // Not when it ends: what was saved inside would have no place then.
    if (admitted.out !== undefined) await prepareOutputDirectory(admitted.out);
    const server = serve ? await this.#serving() : undefined;
    const { host, reporting } = this.#parts;
    const view = new View(admitted, {
      ...host,
      network: { ...host.network, env: secretEnv },
      ...{ signal, onStage, onLive, onWitness, reporting: reporting(report) },
      openElsewhere: async (url) => {
        const opened = await this.#page(url, request);
        onElsewhere?.(opened.view);
        return pathOf?.(opened.view) ?? opened.path;
      },
    });
    this.#views.add(view);
    void ignoring(
      view.ended.finally(() => this.#views.delete(view)),
      "told by its handle",
    );
    const path = server?.add(view) ?? "";
    const url = server?.link(path);
    return { path, view: handleOf(view, admitted.name, url) };
  }

  async #serving(): Promise<ViewServer> {
    const opening = (this.#server ??= ViewServer.open(join(INSTALLATION, "dist", "web")));
    opening.catch(() => (this.#server = undefined));
    return await opening;
  }
}

interface Opened {
  readonly view: LiveView;
  readonly path: string;
}

function handleOf(view: View, name: string, url: string | undefined): LiveView {
  const { id, ready, ended } = view;
  const end = async (): Promise<TaskResult> => await view.end();
  return {
    ...{ id, name, url, ready, ended, end },
    picture: async () => await view.picture(),
    attach: (socket) => {
      view.attach(socket);
    },
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}

/** The name that somebody registered, below which the pages of one site are; an address for itself. */
async function siteOf(address: string): Promise<string> {
  const { getDomain } = await import("tldts");
  const { hostname } = new URL(address);
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}
