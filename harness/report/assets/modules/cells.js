// How one value of a result is shown, in the list and wherever else a result stands.

import { h, name } from "./dom.js";
import { VERDICTS } from "./model.js";
import { short } from "./numbers.js";

export const tone = (model, row) =>
  model.is(row, "not-as-expected") ? "bad" : model.is(row, "known-deviation") ? "known"
    : model.value("verdict", row) === "conforms" ? "good" : "plain";

export const verdictMark = (model, row) => {
  const { symbol, words } = VERDICTS[model.value("verdict", row)];
  const unexpected = model.is(row, "not-as-expected");
  const note = unexpected ? "unexpected" : model.is(row, "known-deviation") ? "known"
    : model.is(row, "proves-little") ? "proves little" : model.is(row, "warning") ? "warning" : "";
  return h("span", { class: `verdict ${tone(model, row)}` },
    h("span", { "aria-hidden": "true", class: "symbol" }, symbol), ` ${words}`, note && h("small", {}, ` ${note}`));
};

export const marginBar = (value) => {
  if (Number.isNaN(value)) return "";
  const width = Math.min(1, Math.max(0, value));
  return h("span", { class: value > 1 ? "margin over" : "margin" },
    h("span", { class: "bar", "aria-hidden": "true", style: `--part:${(100 * width).toFixed(1)}%` }), short(value));
};

export const cell = (model, row, key) => {
  if (key === "verdict") return verdictMark(model, row);
  if (key === "margin") return marginBar(model.numbers.margin[row]);
  const value = model.value(key, row);
  if (key === "change") return changeWords(value);
  if (key === "id") return caseName(model, value);
  return key === "implementation" || key === "run" ? name(value ?? "") : value ?? "";
};

export const changeWords = (value) => (value ?? "").replaceAll(" ", ", ").replaceAll("-", " ");

// Without the folder that all ids share, the file dimmed: what tells cases apart is at the end.
const caseName = (model, id) => {
  const [file, ...rest] = id.slice(model.folder.length).split("::");
  return h("bdi", { dir: "ltr", title: id }, h("span", { class: "file" }, rest.length ? `${file}::` : file), rest.join("::"));
};
