// SPDX-License-Identifier: MIT
#include "assets.hpp"

namespace moesaic::report {

// The eight colours of lines are told apart by most who see colours differently; dashes and shapes of marks repeat what they say.
const std::string_view style = R"css(
:root { color-scheme: light dark;
  --paper:#fcfcfa; --card:#ffffff; --ink:#1c1f23; --soft:#5c636b; --rule:#d9dcdf; --tint:#e4ecf5; --accent:#1f66ab;
  --c0:#1f6fb4; --c1:#c8511b; --c2:#1d8a5b; --c3:#8a4fbf; --c4:#a87900; --c5:#c2317a; --c6:#0f8b9d; --c7:#7a5230;
  --q0:#eef3f8; --q1:#d3e2f0; --q2:#b0cbe5; --q3:#86afd6; --q4:#5b90c4; --q5:#3a71ab; --q6:#255589; --q7:#163c66; --q8:#0b2747; }
@media (prefers-color-scheme: dark) { :root {
  --paper:#14171b; --card:#1b1f24; --ink:#e4e7ea; --soft:#9aa3ac; --rule:#343a41; --tint:#27384b; --accent:#7db8f2;
  --c0:#6db3f2; --c1:#f5915c; --c2:#5cc995; --c3:#c39bea; --c4:#e2b93b; --c5:#f080b4; --c6:#4fc8da; --c7:#c9a27e;
  --q0:#1f2a36; --q1:#21374f; --q2:#27496b; --q3:#305f89; --q4:#3d77a8; --q5:#5693c4; --q6:#7cb0da; --q7:#a9cfec; --q8:#dcedf9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; margin: 3rem 0 .5rem; padding-top: 1.2rem; border-top: 2px solid var(--ink); overflow-wrap: anywhere; }
a { color: var(--accent); }
code { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.command { display: block; padding: .6rem .8rem; background: var(--card); border: 1px solid var(--rule); border-radius: 6px;
  overflow-wrap: anywhere; white-space: pre-wrap; }
.note, .scale, .about { color: var(--soft); font-size: .88rem; margin: .4rem 0; }
nav ol { columns: 2 22rem; column-gap: 2.5rem; padding-left: 1.6rem; }
nav li { overflow-wrap: anywhere; }
dl.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: .4rem 0 1rem; }
dl.facts div { display: flex; gap: .45rem; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
dl.words dt { font-weight: 600; margin-top: .7rem; } dl.words dd { margin: 0; max-width: 48rem; }
figure { margin: 1.1rem 0; padding: .9rem 1rem 1rem; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
.wide > svg { display: block; width: 100%; min-width: 36rem; height: auto; }
.wide { overflow-x: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
svg .tick { fill: var(--soft); } svg .group { font-weight: 600; }
.grid { stroke: var(--rule); fill: none; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
.q0 { fill: var(--q0); } .q1 { fill: var(--q1); } .q2 { fill: var(--q2); } .q3 { fill: var(--q3); } .q4 { fill: var(--q4); }
.q5 { fill: var(--q5); } .q6 { fill: var(--q6); } .q7 { fill: var(--q7); } .q8 { fill: var(--q8); }
.line polyline { fill: none; stroke: var(--c); stroke-width: 2; }
.line .mark { fill: var(--c); stroke: var(--card); stroke-width: 1; }
.d1 polyline { stroke-dasharray: 7 3; } .d2 polyline { stroke-dasharray: 2 3; }
.bound { --c: var(--ink); }
.bound polyline, .bound .upright { stroke-width: 2.4; stroke-dasharray: 10 4; } .bound .upright { stroke: var(--c); fill: none; stroke-width: 1.6; }
g.line:hover polyline, .lit polyline { stroke-width: 4; }
.off { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; border: 0; padding: 0; margin: .8rem 0 0; font-size: .9rem; max-height: 11rem; overflow-y: auto; }
.legend legend { padding: 0; margin-bottom: .2rem; color: var(--soft); }
.legend label { display: inline-flex; align-items: center; gap: .35rem; }
.legend .choose { display: none; margin-left: .5rem; }
.sample { width: 34px; height: 14px; }
.shade { width: 22px; height: 12px; vertical-align: -1px; }
.sliders { display: none; flex-wrap: wrap; gap: .6rem 1.6rem; align-items: end; }
.live .sliders { display: flex; } .live .legend .choose { display: inline; }
.legend input { display: none; } .live .legend input { display: inline; }
.sliders label { display: flex; flex-direction: column; font-size: .88rem; color: var(--soft); }
.sliders input[type=range] { width: 12.5rem; max-width: 80vw; accent-color: var(--accent); }
.sliders output { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
button, select { font: inherit; font-size: .85rem; color: inherit; background: var(--card); border: 1px solid var(--rule); border-radius: 5px; padding: .1rem .5rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem .7rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
th:first-child, tbody th { text-align: left; font-weight: 500; }
.regret td { background: linear-gradient(90deg, var(--tint) calc(var(--v) * 100%), transparent 0); min-width: 6rem; }
.best { font-weight: 700; }
.what_if td.bars { width: 100%; min-width: 8rem; } .bar { display: block; width: 100%; height: 12px; } .bar rect { fill: var(--c); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
details { margin: .8rem 0; } summary { cursor: pointer; color: var(--accent); }
@media print { .sliders, .choose { display: none !important; } figure { break-inside: avoid; } }
)css";

}  // namespace moesaic::report
