// How near each implementation came to its limits, by type: what nearly failed is seen before it fails.

import { h, name, svg } from "../modules/dom.js";
import { counted, short } from "../modules/numbers.js";
import { matching, ofLastRun, term } from "../modules/query.js";
import { panel } from "../modules/registry.js";
import { showing } from "../modules/state.js";

const ORDER = ["half", "bfloat16", "float32", "float64", "int32"];
const BINS = 10;
const [WIDTH, HEIGHT] = [132, 36];

// Of one implementation and one type: results by the tenth of the limit they used, those beyond it last.
const distributions = (model) => {
  const { implementation, dtype } = model.columns;
  const found = new Map();
  const counts = matching(model, ofLastRun(model));
  model.numbers.margin.forEach((margin, row) => {
    if (!counts[row] || !(margin > 0)) return; // exact results use nothing of a limit
    const key = `${implementation.at[row]} ${dtype.at[model.caseOf[row]]}`;
    const one = found.get(key) ?? { bins: new Int32Array(BINS + 1), largest: 0 };
    one.bins[margin > 1 ? BINS : Math.min(BINS - 1, Math.floor(margin * BINS))] += 1;
    one.largest = Math.max(one.largest, margin);
    found.set(key, one);
  });
  return found;
};

const chart = ({ bins, largest }, words, query) => {
  const tallest = Math.max(...bins);
  const step = WIDTH / (BINS + 1);
  const bar = (n, at) => {
    if (!n) return null;
    const size = Math.max(2, (n / tallest) * (HEIGHT - 4));
    const range = at === BINS ? "margin:>1" : `margin:${at / BINS}..${at === BINS - 1 ? 1.0000001 : (at + 1) / BINS}`;
    const said = at === BINS ? "over the limit" : `from ${at / BINS} to ${(at + 1) / BINS} of the limit`;
    return svg("a", { href: showing(`${query} ${range}`) },
      svg("title", {}, `${words}: ${counted(n, "result")} ${said}`),
      svg("rect", { class: "hit", x: at * step, y: 0, width: step, height: HEIGHT }),
      svg("rect", { class: at === BINS ? "over" : "in", x: at * step + 1, y: HEIGHT - size, width: step - 2, height: size }));
  };
  return [
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 1}`, width: WIDTH, height: HEIGHT + 1, role: "group", "aria-label": words },
      svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5, class: "axis" }),
      svg("line", { x1: BINS * step, x2: BINS * step, y1: 0, y2: HEIGHT, class: "limit" }),
      Array.from(bins, bar)),
    h("a", { href: `${showing(`${query} margin:>=0`)}&sort=-margin`, class: largest > 1 ? "most bad" : "most" },
      `up to ${short(largest)}`),
  ];
};

panel("margins", "How near to the limit", (model) => {
  const found = distributions(model);
  if (!found.size) return null;
  const types = model.columns.dtype.words;
  const used = types.map((_, type) => type).sort((a, b) => ORDER.indexOf(types[a]) - ORDER.indexOf(types[b])).filter((type) => [...found.keys()].some((key) => key.endsWith(` ${type}`)));
  return [
    h("p", {}, "The largest error of each result over its limit, in tenths; the dashed line is the limit. Exact results are left out."),
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Margins by implementation and type" },
      h("table", { class: "margins" },
        h("thead", {}, h("tr", {}, h("td", {}), used.map((type) => h("th", { scope: "col" }, types[type])))),
        h("tbody", {}, model.columns.implementation.words.map((implementation, place) =>
          h("tr", {}, h("th", { scope: "row" }, name(implementation)), used.map((type) => {
            const one = found.get(`${place} ${type}`);
            const query = `${term("implementation", implementation)} ${term("dtype", types[type])} ${ofLastRun(model)}`.trim();
            return h("td", {}, one ? chart(one, `${implementation}, ${types[type]}`, query) : "–");
          })))))),
  ];
}, { place: "below" });
