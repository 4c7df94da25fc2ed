// SPDX-License-Identifier: MIT
#include "assets.hpp"

namespace moesaic::report {

// Numbers are written as text.cpp writes them, and computed as what_if.hpp computes them: a page does not change when it is opened.
const std::string_view script = R"js(
"use strict";
(() => {
  const short = v => {
    if (!(v > 0)) return "0";
    let digits = 2;
    for (let power = 10; v >= power && digits > 0; power *= 10) --digits;
    for (let power = 1; v < power && digits < 12; power /= 10) ++digits;
    let scale = 1;
    for (let i = 0; i < digits; ++i) scale *= 10;
    return (Math.floor(v * scale + 0.5) / scale).toFixed(digits);
  };
  const inUnits = (v, units) => {
    if (!(v > 0)) return "0 " + units.zero;
    const [size, name] = units.list.find(u => v >= u[0]) || units.list[units.list.length - 1];
    return short(v / size) + " " + name;
  };
  const time = v => inUnits(v, {zero: "s", list: [[1, "s"], [1e-3, "ms"], [1e-6, "\u00b5s"]]});
  const bytes = v => inUnits(v, {zero: "B", list: [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]]});
  const words = {link: v => bytes(v) + "/s", compute: time, size: bytes};
  const axisEnd = v => {
    if (!(v > 0)) return 1;
    let power = 1;
    while (power * 10 <= v) power *= 10;
    while (power > v) power /= 10;
    for (const m of [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8]) if (m * power >= v) return m * power;
    return 10 * power;
  };

  const redraw = (svg, value) => {
    const lines = [...svg.querySelectorAll("g.line")];
    const shown = lines.filter(g => !g.classList.contains("off"));
    const marks = g => [...g.querySelectorAll(".mark")];
    const of = (g, mark) => value(g.dataset.policy, Number(mark.dataset.room)) || 0;
    const top = axisEnd(Math.max(0, ...shown.flatMap(g => marks(g).map(m => of(g, m)))));
    const start = Number(svg.dataset.start), end = Number(svg.dataset.end), along = svg.dataset.along;
    [...svg.querySelectorAll(".tick.value")].forEach((tick, i) => { tick.textContent = time(i * top / 4); });
    for (const g of lines) {
      const points = [];
      for (const mark of marks(g)) {
        const v = of(g, mark), at = (Math.floor((start + v / top * (end - start)) * 10 + 0.5) / 10).toFixed(1);
        const [x, y] = mark.getAttribute("transform").match(/[-\d.]+/g);
        const place = along === "x" ? [at, y] : [x, at];
        mark.setAttribute("transform", `translate(${place})`);
        const title = mark.querySelector("title");
        title.textContent = title.textContent.replace(/[^:]*$/, " " + time(v));
        points.push(place.join(","));
      }
      const line = g.querySelector("polyline"), upright = g.querySelector(".upright");
      if (line) line.setAttribute("points", points.join(" "));
      if (upright && points.length) upright.setAttribute("transform", `translate(${points[0].split(",")[0]},20)`);
    }
  };

  for (const section of document.querySelectorAll("section.comparison")) {
    const panel = section.querySelector(".what_if");
    if (!panel) continue;  // a comparison without rows
    const moved = new Map();
    const compute = () => {
      const set = {size: 1, room: 0};
      for (const input of panel.querySelectorAll("[data-what]")) {
        const what = input.dataset.what;
        if (!input.dataset.stops) { set[what] = Number(input.value); continue; }
        set[what] = Number(input.dataset.stops.split(" ")[Number(input.value)]);
        const text = words[what](set[what]);
        input.nextElementSibling.textContent = text;
        input.setAttribute("aria-valuetext", text);
      }
      const tokens = Number(panel.dataset.tokens);
      const travel = m => m * set.size / tokens / set.link;
      const perToken = m => Math.max(set.compute, travel(m));
      const rows = [...panel.querySelectorAll("tbody tr")];
      for (const row of rows) moved.set(row.dataset.policy, row.dataset.moved.split(" ").map(m => m === "-" ? undefined : Number(m)));
      const here = row => moved.get(row.dataset.policy)[set.room];
      const rates = rows.map(here).filter(m => m !== undefined).map(m => 1 / perToken(m));
      const fastest = Math.max(...rates);
      for (const row of rows) {
        const m = here(row), cells = row.querySelectorAll("td");
        cells[0].textContent = m === undefined ? "" : short(1 / perToken(m));
        cells[1].querySelector("rect").setAttribute("width", m === undefined ? 0 : (100 / perToken(m) / fastest).toFixed(2));
        cells[2].textContent = m === undefined ? "" : time(perToken(m));
        cells[3].textContent = m === undefined ? "" : travel(m) > set.compute ? "link" : "compute";
      }
      for (const svg of section.querySelectorAll("svg[data-live]"))
        redraw(svg, (policy, room) => { const m = (moved.get(policy) || [])[room]; return m === undefined ? undefined : perToken(m) * tokens; });
    };
    const show = (policy, yes) => {
      for (const one of section.querySelectorAll(`figure .line[data-policy="${policy}"]`)) one.classList.toggle("off", !yes);
    };
    const boxes = [...section.querySelectorAll(".legend label")].map(label => ({label, box: label.querySelector("input")}));
    for (const {label, box} of boxes) {
      const policy = label.dataset.policy;
      const light = yes => { for (const g of section.querySelectorAll(`g.line[data-policy="${policy}"]`)) g.classList.toggle("lit", yes); };
      box.addEventListener("change", () => { show(policy, box.checked); compute(); });
      label.addEventListener("mouseenter", () => light(true));
      label.addEventListener("mouseleave", () => light(false));
      show(policy, box.checked);
    }
    for (const button of section.querySelectorAll("[data-all]"))
      button.addEventListener("click", () => {
        for (const {label, box} of boxes) { box.checked = button.dataset.all === "yes"; show(label.dataset.policy, box.checked); }
        compute();
      });
    panel.addEventListener("input", compute);
    compute();
  }
  document.documentElement.classList.add("live");
})();
)js";

}  // namespace moesaic::report
