/** The page's only style. Its digest is in the page's policy; a test keeps the two equal. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6470;--line:#d5dae0;--box:#f5f7f9;--accent:#0b63c4;
--good:#1a7f37;--info:#5b6470;--low:#7a6200;--medium:#a14f00;--high:#c4320a;--critical:#b00020}
@media (prefers-color-scheme:dark){:root{--bg:#12161b;--fg:#e4e8ec;--dim:#98a2ae;--line:#333b45;--box:#1a2027;--accent:#6cb0ff;
--good:#57c26b;--info:#98a2ae;--low:#d8b94a;--medium:#f0a050;--high:#ff7b5a;--critical:#ff6b7a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
p{margin:.3rem 0}code,.mono{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.88em}
.dim{color:var(--dim)}.good{color:var(--good)}.info{color:var(--info)}.low{color:var(--low)}.medium{color:var(--medium)}
.high{color:var(--high)}.critical,.bad{color:var(--critical)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.5rem;margin:.8rem 0;padding:0}
.facts div{background:var(--box);border:1px solid var(--line);border-radius:6px;padding:.4rem .6rem}
.facts dt{color:var(--dim);font-size:.8rem}.facts dd{margin:0;font-weight:600}
.finding{border:1px solid var(--line);border-left:4px solid currentColor;border-radius:6px;padding:.4rem .7rem;margin:.5rem 0;background:var(--box)}
.finding>*{color:var(--fg)}.finding .tag{color:inherit}
.tag{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:0 .5em;font-size:.75rem;font-weight:600;white-space:nowrap}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px;background:var(--box)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:600;white-space:nowrap}
td.n{text-align:right;white-space:nowrap}td.w{min-width:12rem}
details{margin:.4rem 0}summary{cursor:pointer;color:var(--accent)}summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
a{color:var(--accent)}ul{margin:.3rem 0;padding-left:1.2rem}
svg{display:block}svg text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:var(--fg)}svg text.dim{fill:var(--dim)}
svg .edge{stroke:var(--line);stroke-width:1.5;fill:none}svg .grid{stroke:var(--line);stroke-width:1}
svg .node{fill:var(--accent)}svg .node.memory,svg .node.high,svg .node.critical{fill:var(--critical)}svg .node.changed,svg .node.medium{fill:var(--medium)}
svg .node.unknown{fill:var(--dim)}
svg .bar{fill:var(--accent);opacity:.75}svg .bar.refused{fill:var(--critical)}svg .bar.stream{fill:var(--good)}
svg .tick{stroke:var(--dim);stroke-width:1.5}svg .mark{fill:currentColor}svg .curve{stroke:var(--accent);stroke-width:1.5;fill:none}
footer{margin-top:2rem;border-top:1px solid var(--line);padding-top:.5rem;font-size:.85rem;color:var(--dim)}
@media (max-width:30rem){body{padding:.6rem;font-size:14px}th,td{padding:.2rem .35rem}}
@media print{body{max-width:none;font-size:11px}.scroll{overflow:visible;border:0}svg{max-width:100%;height:auto}details>*{display:block}.finding,tr,svg{break-inside:avoid}}
`;

/** SHA-256 of `STYLE`, base64. */
export const STYLE_DIGEST = "5/jwH7oCLmaIb9cabzK34D8CxGIdELBwKrqm1Pe/+UU=";
