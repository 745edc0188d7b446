// What did not conform, by what it looks like; what nobody expected apart from what is known.

import { h, name } from "../modules/dom.js";
import { VERDICTS } from "../modules/model.js";
import { count, counted } from "../modules/numbers.js";
import { panel } from "../modules/registry.js";
import { showing } from "../modules/state.js";

const FIRST = 6;

const plural = (verdict) => VERDICTS[verdict].words.replace(/^(\S+?)(?:(?<=sh)es|s)\b/, "$1");

const item = ([, implementations, verdict, looks, shared, members], place) =>
  h("li", {}, h("a", { href: showing(`cluster:${place}`) }, counted(members, "result")), ": ",
    h("span", { class: "symbol", "aria-hidden": "true" }, VERDICTS[verdict].symbol), " ",
    name(implementations), ` ${implementations.includes(", ") ? plural(verdict) : VERDICTS[verdict].words}`, shared.length > 0 && `, ${shared.join(", ")}`,
    looks && h("span", { class: "looks" }, name(looks)));

const listed = (entries) => entries.length > 0 && [
  h("ul", { class: "clusters" }, entries.slice(0, FIRST)),
  entries.length > FIRST && h("details", {}, h("summary", {}, `${count(entries.length - FIRST)} more`),
    h("ul", { class: "clusters" }, entries.slice(FIRST))),
];

panel("clusters", "What stands out", (model) => {
  if (!model.clusters.length) return null;
  const plural = (verdict) => VERDICTS[verdict].words.replace(/^(\S+?)(?:(?<=sh)es|s)\b/, "$1");

const items = model.clusters.map(item);
  const expected = (wanted) => items.filter((_, place) => model.clusters[place][0] === wanted);
  const known = expected(true);
  return [
    expected(false).length > 0 && [h("h3", { class: "bad" }, "Not as expected"), listed(expected(false))],
    known.length > 0 && h("details", { open: !expected(false).length },
      h("summary", {}, h("h3", { class: "known" }, `Known: ${counted(known.length, "group")}`)), listed(known)),
  ];
}, { place: "beside" });
