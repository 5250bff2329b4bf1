/** `token` of RFC 9110 § 5.6.2, with a letter: a list in place of a mapping has numbers for keys. */
const TOKEN = /^(?=.*[A-Za-z])[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const LONGEST_NAME = 128;
const LONGEST_VALUE = 8192;

/** They are about one connection, or about a proxy (RFC 9110 §7.6.1). `trailer` is one too: trailers go without notice. */
export const HOP_BY_HOP: readonly string[] = [
  ...["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["proxy-connection", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info"],
];

/** They say where a message ends or to whom it goes; two that disagree are how requests are smuggled. */
export const FRAMING: readonly string[] = [...HOP_BY_HOP, "content-length", "expect", "host"];

/** Why a header cannot be put into requests; undefined where it can. */
export function headerNameProblem(name: string): string | undefined {
  if (!TOKEN.test(name) || name.length > LONGEST_NAME) return "it is no name of a header";
  return FRAMING.includes(name.toLowerCase())
    ? "this header frames the request and cannot be set"
    : undefined;
}

/** Why a text cannot be the value of a header: for literal secrets, and for those that are read when a task starts. */
export function headerValueProblem(value: string): string | undefined {
  if (value === "") return "it is empty";
  if (value.length > LONGEST_VALUE) return `it is longer than ${LONGEST_VALUE} characters`;
  // eslint-disable-next-line no-control-regex -- finding control characters is its purpose
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    return "it contains a line end or another control character";
  return /^[\t\u0020-\u007e]*$/.test(value) ? undefined : "it contains a character that is not ASCII";
}
