import { neutralise } from "../foundation/index.ts";

/** A page of the server's own, without a script. */
export function plainPage(title: string, paragraphs: readonly string[], head = ""): string {
  const text = paragraphs.map((each) => `<p>${escape(each)}</p>`).join("\n");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">${head}<title>${escape(title)}</title></head>
<body><main><h1>${escape(title)}</h1>
${text}
</main></body></html>
`;
}

/** Leads on from a page of ours: a browser sends the cookie there, although it came here from elsewhere. */
export function leadOn(path: string): string {
  return plainPage("Mayfly", ["Opening …"], `<meta http-equiv="refresh" content="0;url=${escape(path)}">`);
}

function escape(text: string): string {
  return neutralise(text, 2000).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
