const URI = /^https?:\/\/(?:[\w.~:/?#@!$&'()*+,;=-]|%[0-9a-f]{2})+$/i;

/** A link that any reader can take for one (RFC 3986), and that leads nowhere but to the web. */
export function isLink(text: string): boolean {
  return URI.test(text);
}
