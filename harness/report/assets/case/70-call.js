// The call, and what follows from it.

import { h, name, table } from "../modules/dom.js";
import { spanOf } from "../modules/geometry.js";
import { count } from "../modules/numbers.js";
import { caseSection } from "../modules/registry.js";

const axisRow = (title, axis) => [title, axis.input, axis.filter, spanOf(axis), axis.stride,
  axis.dilation, axis.pad_before, axis.pad_after, axis.output];

caseSection("Call", ({ call }) => {
  const { geometry } = call;
  const said = [
    ["covers", call.covers], ["tags", call.tags], ["expects", call.expect], ["written at", call.source],
    ...(geometry ? [["N, C, K, groups", `${geometry.N}, ${geometry.C}, ${geometry.K}, ${geometry.groups}`],
      ["multiply-adds", count(geometry.multiply_adds ?? 0)]] : []),
  ].filter(([, value]) => value);
  return [
    h("div", { class: "figures" },
      table(null, call.attributes.map(({ name: key, value }) => [name(key), name(value)]), { class: "facts", "aria-label": "Attributes" }),
      table(null, said.map(([key, value]) => [key, name(value)]), { class: "facts", "aria-label": "About the case" })),
    geometry && table(["axis", "input", "filter", "spans", "stride", "dilation", "padding before", "after", "output"],
      [axisRow("height", geometry.height), axisRow("width", geometry.width)], { class: "numbers", "aria-label": "Extents" }),
  ];
});
