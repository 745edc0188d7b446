// The riddle in one table: a row for each element of out_backprop, a column for each place of the padded input, a tile
// for each product. The loops go by rows, gather goes by columns.

import { h } from "../modules/dom.js";
import { placeOf } from "../modules/geometry.js";
import { flatAt, productOf, turnOf } from "./forms.js";
import { indexWords, numeral, tapClass } from "./tiles.js";

export const productTable = (geometry, operands) => {
  const { height, K, C, groups } = geometry;
  const places = Array.from({ length: height.input + height.pad_before + height.pad_after }, (_, at) => at - height.pad_before);
  const padded = (place) => place < 0 || place >= height.input;
  const sources = Array.from({ length: height.output * K }, (_, at) => ({ p: Math.floor(at / K), q: 0, k: at % K }));
  const words = (axes, it) => indexWords(geometry, 1, axes, it);
  const rowHead = (source) => h("th", { scope: "row" }, h("button", { type: "button", class: "place",
    "data-look": `from.${source.p}.0.${source.k}`, title: "Where it scatters" }, h("b", {}, numeral(operands.out_backprop(source.p, 0, source.k))),
    h("small", {}, words(["p", "k"], source))));
  const rows = sources.map((source) => ({ source, head: rowHead(source), cells: places.map((place) => ({ place, element: h("td", { class: padded(place) && "padded" }) })) }));
  const heads = places.map((place) => h("th", { scope: "col", class: padded(place) && "padded" }, padded(place) ? h("small", {}, "pad ", numeral(place)) : `h ${place}`));
  const sums = Array.from({ length: C }, (_, c) => places.map((place) => (padded(place) ? null
    : h("button", { type: "button", class: "place sum", "data-look": `at.${place}.0.${c}`, title: "Its taps" }))));
  const element = h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "All products" },
    h("table", { class: "products-table" },
      h("caption", {}, "A tile is one product: its number in the seven loops, filter times out_backprop, the tap r."),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("small", {}, "out_backprop")), heads)),
      h("tbody", {}, rows.map(({ head, cells }) => h("tr", {}, head, cells.map((one) => one.element)))),
      h("tfoot", {}, sums.map((buttons, c) => h("tr", {}, h("th", { scope: "row" }, h("small", {}, "in_backprop", C > 1 && ` c ${c}`)),
        buttons.map((button, at) => h("td", { class: padded(places[at]) && "padded" }, button ?? h("small", {}, "dropped"))))))));

  const tile = (it, view) => {
    const product = productOf(geometry, operands, it);
    const classes = ["tile", tapClass(geometry, it.r, 0), !it.met && "dropped",
      it.met && turnOf(geometry, view.form, it) >= view.done && "waiting",
      !it.met && view.form === "scatter" && turnOf(geometry, "scatter", it) >= view.done && "waiting",
      view.at && it.h === view.at.h && it.c === view.at.c && "of-element",
      view.pair && view.pair.p === it.p && view.pair.r === it.r && view.pair.k === it.k && view.pair.c === it.c && "pair"];
    const number = turnOf(geometry, "scatter", it) + 1;
    return h("div", { class: classes.filter(Boolean).join(" "), "data-product": number,
      title: `product ${number}: filter[${it.r}] × out_backprop[${it.p}]` },
    h("small", { class: "number" }, number), h("b", {}, numeral(product)), h("small", {}, `r ${it.r}`));
  };

  // `view.c` is the channel of in_backprop whose products are shown.
  const paint = (view) => {
    const group = Math.floor(view.c / (C / groups));
    for (const { source, head, cells } of rows) {
      const connected = Math.floor(source.k / (K / groups)) === group;
      const chosen = view.from && view.from.p === source.p && view.from.k === source.k;
      head.parentElement.classList.toggle("chosen", Boolean(chosen));
      head.parentElement.hidden = !connected && K > 1 && groups > 1;
      const taps = new Map(Array.from({ length: height.filter }, (_, r) => [placeOf(height, source.p, r), r]));
      for (const { place, element: cell } of cells) {
        const r = taps.get(place);
        cell.classList.toggle("column", Boolean(view.at && view.at.h === place));
        if (r === undefined || !connected) cell.replaceChildren();
        else cell.replaceChildren(tile({ p: source.p, q: 0, k: source.k, r, s: 0, c: view.c, h: place, w: 0, met: !padded(place) }, view));
      }
    }
    heads.forEach((head, at) => head.classList.toggle("column", Boolean(view.at && view.at.h === places[at])));
    sums.forEach((buttons, c) => buttons.forEach((button, at) => {
      if (!button) return;
      const value = view.sums[flatAt(geometry, { h: places[at], w: 0, c })];
      const chosen = Boolean(view.at && view.at.h === places[at] && view.at.c === c);
      button.replaceChildren(h("b", {}, numeral(value)));
      button.setAttribute("aria-label", `in_backprop ${words(["h", "c"], { h: places[at], c })}: ${numeral(value)}`);
      button.setAttribute("aria-pressed", String(chosen));
    }));
  };
  return { element, paint };
};
