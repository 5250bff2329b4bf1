import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Admission } from "./admission.ts";
import { cookieValue, sessionCookie } from "./cookie.ts";
import { refuse, type Refusal } from "./failures.ts";
import { ownHosts, refusalOf, type Asked } from "./guard.ts";
import { leadOn } from "./pages.ts";

/** How one gets in. */
export interface Door {
  readonly base: string;
  /** Else the socket's file decides. */
  readonly isForBrowsers: boolean;
  port: number | undefined;
  readonly admission: Admission;
}

/** @returns why a request may not come in, undefined where it may */
export function refusalFor(request: FastifyRequest, door: Door, advice: string): Refusal | undefined {
  const entering = request.url.startsWith(entrance(door));
  const why = refusalOf(askedBy(request), ownHosts(door.port ?? 0), entering);
  if (why !== undefined)
    return {
      title: "Refused",
      why: `Mayfly refuses this request: ${why}.`,
      next: "Open Mayfly by a link of its own.",
    };
  return entering || door.admission.isAdmitted(sessionOf(request, door)) ? undefined : stale(advice);
}

/** A link leads here: its token becomes a cookie, and the address that stays is without it. */
export function addEntrance(app: FastifyInstance, door: Door, advice: string): void {
  app.get("/enter", async (request, reply) => {
    const { token } = request.query as { readonly token?: unknown };
    const entered =
      typeof token === "string" ? door.admission.enter(token, sessionOf(request, door)) : undefined;
    if (entered === undefined) return await refuse(request, reply, stale(advice));
    if (entered.session !== undefined)
      reply.header("set-cookie", sessionCookie(cookieName(door), entered.session, door.base));
    const path = door.base + entered.path;
    const isDirect = ["none", "same-origin"].includes(askedBy(request).fetchSite ?? "none");
    if (isDirect) return await reply.redirect(path, 303);
    // A redirection would count as the other site's, and the cookie would stay behind.
    return await reply.type("text/html; charset=utf-8").send(leadOn(path));
  });
}

function entrance({ base }: Door): string {
  return `${base}enter?`;
}

function stale(advice: string): Refusal {
  return {
    title: "This link is not good any more",
    why: "A link of Mayfly's works once, in one browser, and for as long as the program runs that made it.",
    next: advice,
  };
}

function sessionOf(request: FastifyRequest, door: Door): string | undefined {
  return cookieValue(request.headers.cookie, cookieName(door));
}

function cookieName({ port }: Door): string {
  return `mayfly-${port ?? 0}`;
}

function askedBy({ method, headers }: FastifyRequest): Asked {
  return {
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: single(headers["sec-fetch-site"]),
    fetchMode: single(headers["sec-fetch-mode"]),
    isUpgrade: headers.upgrade !== undefined,
  };
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.join();
}
