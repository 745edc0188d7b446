// The checks with their margins, each with the histogram of its errors in tenths of the limit.

import { h, name, svg, table } from "../modules/dom.js";
import { count, counted, number, percent, short } from "../modules/numbers.js";
import { marginBar } from "../modules/cells.js";
import { caseSection } from "../modules/registry.js";

const [STEP, TALL] = [14, 48];
const MARKS = { pass: "✓ pass", warn: "! warning", fail: "✗ fail" };

const histogram = (check) => {
  const bins = check.histogram;
  if (!bins) return null;
  const tallest = Math.max(...bins, 1);
  const last = bins.length - 1;
  const words = bins.map((n, at) => n > 0 && `${count(n)} ${at === last ? "beyond the limit" : `up to ${(at + 1) / last} of it`}`);
  const bars = bins.map((n, at) => n > 0 && svg("rect", {
    class: at === last ? "over" : "in", x: at * STEP + 1, width: STEP - 2,
    // the square root lets a single element be seen beside thousands
    y: TALL - Math.max(2, Math.sqrt(n / tallest) * (TALL - 2)), height: Math.max(2, Math.sqrt(n / tallest) * (TALL - 2)),
  }, svg("title", {}, words[at])));
  return h("figure", { class: "histogram" },
    svg("svg", { viewBox: `0 0 ${bins.length * STEP} ${TALL + 14}`, width: bins.length * STEP, height: TALL + 14, role: "img",
      "aria-label": `Elements by error over limit: ${words.filter(Boolean).join(", ")}` },
      svg("line", { class: "axis", x1: 0, x2: bins.length * STEP, y1: TALL + 0.5, y2: TALL + 0.5 }),
      svg("line", { class: "limit", x1: last * STEP, x2: last * STEP, y1: 0, y2: TALL }),
      bars,
      svg("text", { x: 0, y: TALL + 12 }, "0"),
      svg("text", { x: last * STEP, y: TALL + 12, "text-anchor": "middle" }, "limit")),
    h("figcaption", {}, `${check.name}: elements by error over limit (heights: square roots)`));
};

const remarks = (check) => [
  check.note,
  check.exercised !== null && `${percent(check.exercised, 1)} of the terms exercised`,
  check.certificate !== null && `certificate ${short(check.certificate)}`,
  check.untouched > 0 && `${percent(check.untouched, check.total)} of the elements reached by no term`,
  check.vacuous > 0 && `${counted(check.vacuous, "bound")} that 0 is within`,
  check.accumulator && `sums as of ${check.accumulator}`,
].filter(Boolean).join("; ");

const margin = (value) => (value === null ? "" : marginBar(value === "NaN" ? Infinity : number(value)));

caseSection("Checks", ({ result }) => {
  if (!result.checks.length) return null;
  const rows = result.checks.map((check) => [
    name(check.name + (check.data === check.name ? "" : ` (${check.data})`)),
    h("span", { class: check.status === "fail" ? "bad" : check.status === "warn" ? "known" : "good" }, MARKS[check.status] ?? check.status),
    margin(check.margin), short(check.limit), `${count(check.mismatched)} of ${count(check.total)}`,
    short(check.max_abs), short(check.max_rel), short(check.max_ulp), name(remarks(check)),
  ]);
  const heads = ["check", "status", "margin", "limit (u·B)", "differ", "max abs", "max rel", "max ulp", "remarks"];
  return [table(heads, rows, { class: "checks", "aria-label": "Checks" }),
    h("div", { class: "figures" }, result.checks.map(histogram))];
});
