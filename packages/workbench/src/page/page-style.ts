/** The page's only style sheet: system fonts, both colour schemes, phone first, and a print form. */
export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --band: #f4f6f8; --mark: #e8f1fd; --loud: #fff6dd; --loud-line: #b88700;
  --link: #0b5cad; --ceiling: #1b1f24;
  --c0: #1f5fa8; --c1: #b3500f; --c2: #1b7a43; --c3: #9b2c8a; --c4: #a8201a; --c5: #00737a; --c6: #7a6000; --c7: #4d5b66; }
@media screen and (prefers-color-scheme: dark) { :root {
  --paper: #14171b; --ink: #e7eaee; --soft: #a5b0bb; --line: #39424c; --band: #1d2228; --mark: #1b2d44; --loud: #33290f; --loud-line: #e0b94a;
  --link: #7db4ff; --ceiling: #e7eaee;
  --c0: #7db4ff; --c1: #ffa86b; --c2: #6fd39a; --c3: #e597da; --c4: #ff8d85; --c5: #5cd2da; --c6: #e0c95a; --c7: #b7c4cf; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 28px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 44px 0 6px; padding-top: 10px; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 26px 0 6px; }
p { margin: 6px 0 12px; max-width: 75ch; }
a { color: var(--link); }
.protocol { font-size: 1.05rem; }
.headline { font-size: 1.15rem; margin: 16px 0; }
.soft { color: var(--soft); font-size: 0.9rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px 20px; margin: 16px 0; padding: 0; }
.facts div { border-left: 3px solid var(--line); padding-left: 10px; }
.facts dt { color: var(--soft); font-size: 0.8rem; }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.notes { background: var(--loud); border-left: 4px solid var(--loud-line); padding: 10px 16px; margin: 16px 0; }
.notes ul { margin: 4px 0; padding-left: 20px; }
.scroll { overflow-x: auto; margin: 8px 0; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; font-size: 0.9rem; min-width: 100%; }
caption { text-align: left; color: var(--soft); padding-bottom: 6px; font-size: 0.85rem; }
caption span { display: inline-block; position: sticky; left: 0; max-width: min(75ch, calc(100vw - 30px)); white-space: normal; }
table.pairs { min-width: 0; }
th, td { padding: 7px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: baseline; }
th[scope="row"], th.text, td.text { text-align: left; }
td.long { white-space: normal; min-width: 220px; text-align: left; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; white-space: normal; min-width: 5.5em; border-bottom: 2px solid var(--line); vertical-align: bottom; }
th[scope="row"] { font-weight: 600; background: var(--paper); position: sticky; left: 0; max-width: min(46vw, 260px); overflow: hidden; text-overflow: ellipsis; }
tr.best td, tr.best th[scope="row"] { background: var(--mark); }
tbody.ceiling td, tbody.ceiling th { font-style: italic; border-bottom: 3px double var(--line); }
tbody.failed td { color: var(--soft); }
.half { color: var(--soft); font-size: 0.85em; white-space: nowrap; }
.verdict { text-align: left; }
button.sort { all: unset; cursor: pointer; color: inherit; font: inherit; }
button.sort:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
button.sort::after { content: "\\00a0↕"; opacity: 0.5; }
th[aria-sort="ascending"] button.sort::after { content: "\\00a0↑"; opacity: 1; }
th[aria-sort="descending"] button.sort::after { content: "\\00a0↓"; opacity: 1; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 22px 26px; align-items: start; }
.columns { columns: 3 330px; column-gap: 26px; }
.columns figure { margin-bottom: 22px; }
figure { margin: 0; max-width: 520px; break-inside: avoid; }
figcaption { font-weight: 600; font-size: 0.95rem; margin-bottom: 2px; }
svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
svg text { white-space: pre; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; padding: 0; margin: 8px 0 14px; font-size: 0.9rem; }
.legend li { display: flex; align-items: center; gap: 5px; overflow-wrap: anywhere; }
.swatch { width: 14px; height: 14px; flex: none; display: inline-block; vertical-align: -2px; }
details { margin: 8px 0; border: 1px solid var(--line); border-radius: 6px; padding: 0 14px; }
details[open] { padding-bottom: 10px; }
summary { cursor: pointer; padding: 9px 0; font-weight: 600; overflow-wrap: anywhere; }
summary .soft { font-weight: 400; }
pre { background: var(--band); padding: 12px; overflow-x: auto; font-size: 0.82rem; border-radius: 6px; line-height: 1.4; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl.glossary dt { font-weight: 600; margin-top: 10px; }
dl.glossary dd { margin: 0; max-width: 75ch; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
footer { margin-top: 40px; padding-bottom: 40px; }
@media (max-width: 600px) { body { font-size: 15px; } main, header, footer { padding-left: 14px; padding-right: 14px; } th, td { padding: 6px 8px; } h1 { font-size: 1.45rem; } }
@media print { html { font-size: 11px; } body { font-size: 1rem; } main, header, footer { max-width: none; padding: 0; } h2 { margin-top: 20px; break-after: avoid; } h3 { break-after: avoid; }
  .scroll { overflow: visible; } table { font-size: 9px; } th, td { padding: 3px 5px; white-space: normal; } tr { break-inside: avoid; } th[scope="row"] { position: static; }
  .charts { grid-template-columns: repeat(2, 1fr); } .columns { columns: 2; } button.sort::after { content: ""; } pre { white-space: pre-wrap; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
