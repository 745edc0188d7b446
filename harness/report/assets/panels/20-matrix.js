// Implementations across, features down: the share that conforms, and what the rest did.

import { h, name } from "../modules/dom.js";
import { VERDICTS } from "../modules/model.js";
import { count, percent } from "../modules/numbers.js";
import { matching, ofLastRun, term } from "../modules/query.js";
import { panel } from "../modules/registry.js";
import { showing } from "../modules/state.js";

const ORDER = Object.keys(VERDICTS);

// Counts of verdicts by implementation, of the rows that a feature finds.
const tally = (model, query) => {
  const holds = matching(model, query);
  const { implementation, verdict } = model.columns;
  const counts = implementation.words.map(() => new Int32Array(ORDER.length));
  const slots = verdict.words.map((word) => ORDER.indexOf(word));
  for (let row = 0; row < holds.length; row += 1) {
    if (holds[row]) counts[implementation.at[row]][slots[verdict.at[row]]] += 1;
  }
  return counts;
};

const cell = (implementation, feature, counts) => {
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (!total) return h("td", { class: "none" }, h("span", { "aria-label": "no case" }, "–"));
  const others = ORDER.map((verdict, at) => [verdict, counts[at]]).filter(([verdict, n]) => verdict !== "conforms" && n);
  const said = others.map(([verdict, n]) => `${count(n)} ${VERDICTS[verdict].words}`).join(", ");
  const query = `${term("implementation", implementation)} ${feature.query}`;
  return h("td", {},
    h("a", { href: showing(query), class: counts[0] === total ? "whole" : "" },
      h("span", { class: "unseen" }, `${implementation}, ${feature.title}: `),
      h("span", { class: "share" }, percent(counts[0], total)),
      h("span", { class: "unseen" }, ` of ${count(total)} conform${said && `; ${said}`}`),
      h("span", { class: "stack", "aria-hidden": "true" }, ORDER.map((verdict, at) =>
        counts[at] > 0 && h("span", { class: `part ${verdict}`, style: `flex-grow:${counts[at]}` }))),
      h("span", { class: "others", "aria-hidden": "true" }, others.map(([verdict, n]) =>
        h("span", { class: verdict }, `${VERDICTS[verdict].symbol}${count(n)}`)))));
};

panel("matrix", "Conformance by feature", (model) => {
  if (!model.results) return null;
  const scope = ofLastRun(model);
  const implementations = model.columns.implementation.words;
  const features = [["all", "", ""], ...model.features].map(([group, title, query]) =>
    ({ group, query: `${query} ${scope}`.trim(), title: `${group} ${title}`.trim(), text: title || "all cases" }));
  const rows = features.map((feature, at) => {
    const counts = tally(model, feature.query);
    if (!counts.some((one) => one.some(Boolean))) return null;
    const first = feature.group !== features[at - 1]?.group;
    return h("tr", { class: first ? "first" : "" },
      h("th", { scope: "row" }, h("a", { href: showing(feature.query) },
        feature.group !== "all" && h("span", { class: "group" }, `${feature.group} `), feature.text)),
      implementations.map((implementation, place) => cell(implementation, feature, counts[place])));
  });
  const legend = ORDER.filter((verdict) => model.columns.verdict.words.includes(verdict)).map((verdict) =>
    h("span", {}, h("span", { class: `part ${verdict}` }), ` ${VERDICTS[verdict].symbol} ${VERDICTS[verdict].words}`));
  return [
    h("p", { class: "legend" }, scope && "In the last run. ", "The share that conforms, and what the rest did:", legend),
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Features by implementation" },
      h("table", { class: "matrix" },
        h("thead", {}, h("tr", {}, h("td", {}), implementations.map((one) => h("th", { scope: "col" }, name(one))))),
        h("tbody", {}, rows))),
  ];
});
