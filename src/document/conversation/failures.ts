import { MayflyError, formatSize, neutralise, type ErrorCode } from "../../foundation/index.ts";
import { MOST_CELLS, MOST_PAGES } from "./limits.ts";
import { lie } from "./record.ts";

interface Reason {
  readonly code: ErrorCode;
  readonly message: (detail: string) => string;
  readonly next: string;
}

const OTHER_COPY = "Ask for another copy of it, or save it anew in the program that made it.";
const PASSWORD = "Give it with --password; it is asked for on the terminal.";
const DISTRUST = "No honest document is made so; do not open it elsewhere.";

/** Why a converter may give up. The words are ours; only `detail` is the guest's, neutralised. */
const REASONS: Readonly<Record<string, Reason>> = {
  empty: { code: "E_DOCUMENT_EMPTY", message: () => "It is empty", next: OTHER_COPY },
  damaged: { code: "E_DOCUMENT_DAMAGED", message: (what) => `It is damaged: ${what}`, next: OTHER_COPY },
  unsupported: {
    code: "E_DOCUMENT_KIND",
    message: (what) => `It is ${what}, which Mayfly does not open`,
    next: "See `mayfly open --help` for the kinds of document that it opens.",
  },
  program: {
    code: "E_DOCUMENT_KIND",
    message: (what) => `It is ${what}, not a document`,
    next: "To see what it does, run it in a micro-VM: mayfly run FILE -- sh -c '…'.",
  },
  "no-sheets": {
    code: "E_DOCUMENT_KIND",
    message: (format) => `It is ${format}, which has no sheets to save as CSV`,
    next: "Use --as text or --as pdf.",
  },
  "password-needed": {
    code: "E_DOCUMENT_PASSWORD",
    message: () => "It is protected by a password",
    next: PASSWORD,
  },
  "wrong-password": {
    code: "E_DOCUMENT_PASSWORD",
    message: () => "The password does not open it",
    next: PASSWORD,
  },
  "too-many-pages": {
    code: "E_DOCUMENT_LIMIT",
    message: (count) => `It has ${count} pages; the limit "pages" is ${MOST_PAGES}`,
    next: `Say which pages you want: --pages 1-${MOST_PAGES}.`,
  },
  "no-such-pages": {
    code: "E_USAGE",
    message: (count) => `It has ${count} pages, and none of those that --pages names`,
    next: "Name pages that it has, as in --pages 1-3.",
  },
  "page-too-large": {
    code: "E_DOCUMENT_LIMIT",
    message: (page) => `Page ${page}: too large for the limit "pixels" even when drawn coarsely`,
    next: "Choose other pages with --pages, or use --as text.",
  },
  "picture-too-large": {
    code: "E_DOCUMENT_LIMIT",
    message: (size) => `The picture is too large for the limit "pixels" (${size})`,
    next: "Ask for a smaller copy of it.",
  },
  "too-many-cells": {
    code: "E_DOCUMENT_LIMIT",
    message: () => `Its sheets have more cells than the limit "cells" (${MOST_CELLS})`,
    next: "Ask for an extract of it.",
  },
  "row-too-large": {
    code: "E_DOCUMENT_LIMIT",
    message: (sheet) => `A row of its sheet "${sheet}" is over the limit "row" (600,000 characters)`,
    next: "Use --as pdf, or ask for an extract of it.",
  },
  "unpacked-size": {
    code: "E_DOCUMENT_LIMIT",
    message: (bytes) =>
      `It unpacks to ${size(bytes)}, over the limit "unpacked" (1 GiB): a decompression bomb`,
    next: DISTRUST,
  },
  "too-many-parts": {
    code: "E_DOCUMENT_LIMIT",
    message: (count) => `It consists of ${count} parts, over the limit "parts" (50000)`,
    next: DISTRUST,
  },
  "xml-entities": {
    code: "E_DOCUMENT_LIMIT",
    message: (part) =>
      `It defines XML entities (in ${part}), which documents do not need and bombs are made of`,
    next: DISTRUST,
  },
  memory: {
    code: "E_DOCUMENT_LIMIT",
    message: () => 'It needs more than the limit "memory" of its micro-VM',
    next: "Allow more with --memory 2G.",
  },
  unreachable: {
    code: "E_PAGE_UNREACHABLE",
    message: (what) => `It cannot be reached: ${what}`,
    next: "Check the address; `mayfly report` shows all that was asked of the network.",
  },
  download: {
    code: "E_DOCUMENT_KIND",
    message: () => "It is a file to download, not a page",
    next: "Fetch it and open it: mayfly open FILE.",
  },
  "page-busy": {
    code: "E_PAGE_BUSY",
    message: (what) => `It keeps its browser so busy that nothing can be seen of it (${what})`,
    next: "Give it more time with --wait 5m, or look at it with `mayfly browse`.",
  },
  crashed: {
    code: "E_CONVERTER",
    message: (program) => `${program} crashed on it; its micro-VM is destroyed`,
    next: "It may be damaged or hostile. Another form may work: --as text.",
  },
  unexpected: {
    code: "E_CONVERTER",
    message: (what) => `The converter failed on it: ${what}`,
    next: "This is a bug in Mayfly; please report it, with the document if you may.",
  },
  protocol: {
    code: "E_CONVERTER",
    message: (what) => `The converter did not understand Mayfly: ${what}`,
    next: "This is a bug in Mayfly; please report it.",
  },
};

/** @throws E_GUEST_PROTOCOL for a code that no converter of ours sends */
export function failureOf(code: string, detail: string): MayflyError {
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  if (reason === undefined) throw lie(`a failure "${code}" that is not known`);
  return new MayflyError(reason.code, reason.message(neutralise(detail, 200)), { next: reason.next });
}

function size(detail: string): string {
  return /^\d{1,15}$/.test(detail) ? formatSize(Number(detail)) : "too much";
}
