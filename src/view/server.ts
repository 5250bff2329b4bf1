import { MayflyError } from "../foundation/index.ts";
import { LoopbackServer } from "../loopback/index.ts";
import type { ViewSocket } from "./tab-stream.ts";
import type { View } from "./view.ts";

/** Views that ended are still told as such to tabs that come back, so many of them. */
const MOST_REMEMBERED = 64;

/** Shows views to this user's own browser: a page, and a WebSocket for each tab. */
export class ViewServer {
  readonly #server: LoopbackServer;
  readonly #views: Map<string, View>;

  private constructor(server: LoopbackServer, views: Map<string, View>) {
    this.#server = server;
    this.#views = views;
  }

  /** @param pages directory of the built pages */
  static async open(pages: string): Promise<ViewServer> {
    const views = new Map<string, View>();
    const server = await LoopbackServer.open({
      pages: { directory: pages, names: ["view"] },
      advice: "Run mayfly view or mayfly browse again, and follow the link that it prints.",
      routes: (app) => {
        app.get("/view/:id/socket", { websocket: true }, (socket: ViewSocket, request) => {
          const { id = "" } = request.params as { readonly id?: string };
          const view = views.get(id);
          if (view === undefined) socket.close(4404, "no such view");
          else view.attach(socket);
        });
      },
    });
    return new ViewServer(server, views);
  }

  /** The path of a view's page, from the server's base. */
  add(view: View): string {
    const [oldest] = this.#views.keys();
    if (this.#views.size >= MOST_REMEMBERED && oldest !== undefined) this.#views.delete(oldest);
    this.#views.set(view.id, view);
    return `view/?id=${view.id}`;
  }

  /** An address that lets one browser in, once. */
  link(path: string): string {
    return this.#server.link(path);
  }

  get base(): string {
    if (this.#server.origin === undefined) throw new MayflyError("E_INTERNAL", "Views are shown on loopback");
    return `${this.#server.origin}${this.#server.base}`;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
