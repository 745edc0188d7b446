// All results, filtered and sorted. Only the rows in sight are elements, so that 100,000 of them scroll.

import { announce, h, name } from "./dom.js";
import { count, short } from "./numbers.js";
import { VERDICTS } from "./model.js";
import { matching } from "./query.js";
import { setState, state } from "./state.js";

const SPARE = 8; // rows beyond either edge
const PRINTED = 200;
// A comparison of two runs, rather than one run or several side by side.
export const compares = (model) => model.columns.change.words.some(Boolean);

const COLUMNS = [
  { key: "verdict", title: "verdict" },
  { key: "id", title: "case" },
  { key: "implementation", title: "implementation" },
  { key: "run", title: "run", only: (model) => model.runs.length > 1 },
  { key: "change", title: "change", only: (model) => compares(model) },
  { key: "dtype", title: "dtype", only: (model) => !compares(model) },
  { key: "strides", title: "strides", only: (model) => !compares(model) },
  { key: "padding", title: "padding", only: (model) => !compares(model) },
  { key: "margin", title: "margin", hint: "The largest error over its limit: up to 1 passes" },
];

export const resultList = (model, onOpen) => {
  const columns = COLUMNS.filter(({ only }) => !only || only(model));
  const ranks = Uint8Array.from({ length: model.results }, (_, row) => rank(model, row));
  const view = { rows: [], selected: 0, q: null, sort: null };

  const search = h("input", {
    type: "search", id: "search", autocomplete: "off", spellcheck: "false", "aria-describedby": "found",
    placeholder: "dtype:bfloat16 strides:2 verdict:deviates",
    input: () => setState({ q: search.value }),
  });
  const found = h("output", { id: "found", for: "search" });
  const body = h("div", { role: "rowgroup", class: "window" });
  const spacer = h("div", { class: "spacer", role: "presentation" }, body);
  const heads = columns.map((column) => head(column));
  const top = h("div", { role: "rowgroup", class: "top-row" }, h("div", { role: "row", class: "row heads", "aria-rowindex": "1" }, heads));
  const grid = h("div", {
    role: "grid", class: "list", tabindex: "0", "aria-label": "Results", "aria-colcount": columns.length, keydown: arrows,
    scroll: () => requestAnimationFrame(() => draw()),
  }, top, spacer);
  grid.style.setProperty("--columns", template(columns));

  function head({ key, title, hint }) {
    const button = h("button", { type: "button", title: hint, click: () => sortBy(key) }, title);
    return h("span", { role: "columnheader", class: `of-${key}`, "data-key": key, "aria-sort": "none" }, button);
  }

  // What the heads, which stay where they are, leave of the height.
  const sight = () => grid.clientHeight - top.offsetHeight;
  const height = () => Number.parseFloat(getComputedStyle(grid).getPropertyValue("--row")) * 16;

  function draw() {
    const size = height();
    spacer.style.height = `${view.rows.length * size}px`;
    const first = Math.max(0, Math.floor(grid.scrollTop / size) - SPARE);
    const last = Math.min(view.rows.length, Math.ceil((grid.scrollTop + sight()) / size) + SPARE);
    body.style.transform = `translateY(${first * size}px)`;
    body.replaceChildren(...Array.from({ length: last - first }, (_, at) => line(first + at)));
    const active = document.getElementById(`row-${view.selected}`);
    if (active) grid.setAttribute("aria-activedescendant", active.id);
    else grid.removeAttribute("aria-activedescendant");
  }

  function line(place) {
    const row = view.rows[place];
    return h("div", {
      role: "row", class: `row row-${tone(model, row)}`, id: `row-${place}`, "aria-rowindex": place + 2,
      "aria-selected": place === view.selected ? "true" : "false",
      click: () => { select(place); onOpen(row); },
    }, columns.map(({ key }) => h("span", { role: "gridcell", class: `of-${key}` }, cell(model, row, key))));
  }

  function select(place) {
    view.selected = Math.max(0, Math.min(view.rows.length - 1, place));
    const [size, start] = [height(), view.selected * height()];
    if (start < grid.scrollTop) grid.scrollTop = start;
    else if (start + size > grid.scrollTop + sight()) grid.scrollTop = start + size - sight();
    draw();
  }

  function arrows(event) {
    const page = Math.max(1, Math.floor(sight() / height()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.target !== grid || !(event.key in steps)) return;
    event.preventDefault();
    select(view.selected + steps[event.key]);
  }

  function sortBy(key) {
    const now = state().sort;
    const first = key === "margin" ? "-margin" : key;
    const second = key === "margin" ? "margin" : `-${key}`;
    setState({ sort: now === first ? second : now === second ? "" : first });
  }

  // Follow the address: filter and sort only where it says something new.
  function update({ q, sort }) {
    if (q === view.q && sort === view.sort) return;
    const again = view.q !== null;
    const held = view.rows[view.selected];
    if (search.value !== q) search.value = q;
    const holds = matching(model, q);
    view.rows = ordered(model, ranks, holds, sort);
    Object.assign(view, { q, sort });
    view.selected = Math.max(0, view.rows.indexOf(held));
    heads.forEach((one) => one.setAttribute("aria-sort",
      sort === one.dataset.key ? "ascending" : sort === `-${one.dataset.key}` ? "descending" : "none"));
    grid.setAttribute("aria-rowcount", view.rows.length + 1);
    found.textContent = q ? `${count(view.rows.length)} of ${count(model.results)} results` : `${count(model.results)} results`;
    if (again) announce(found.textContent);
    grid.scrollTop = 0;
    draw();
  }

  const printed = h("div", { class: "printed", "aria-hidden": "true" });
  addEventListener("beforeprint", () => {
    document.querySelectorAll("main details").forEach((one) => { one.open = true; });
    const more = view.rows.length > PRINTED ? h("p", {}, `The first ${PRINTED} of ${count(view.rows.length)}.`) : null;
    printed.replaceChildren(h("table", {}, h("tbody", {}, view.rows.slice(0, PRINTED).map((row) =>
      h("tr", {}, columns.map(({ key }) => h("td", {}, cell(model, row, key))))))), more ?? "");
  });
  addEventListener("afterprint", () => printed.replaceChildren());
  addEventListener("resize", draw);

  return {
    element: h("div", {},
      h("form", { role: "search", class: "search", submit: (event) => event.preventDefault() },
        h("label", { for: "search" }, "Filter"), search,
        h("button", { type: "button", click: () => setState({ q: "", sort: "" }) }, "Clear"), found),
      grid, printed),
    update,
    select,
    draw,
    focus: () => grid.focus({ preventScroll: true }),
    search: () => { search.focus(); search.select(); },
    get selected() { return view.selected; },
    get rows() { return view.rows; },
  };
};

// What is not as expected comes first, then what is known, then what is doubtful, then the rest.
const RANKS = ["not-as-expected", "known-deviation", "warning", "as-expected"];

const rank = (model, row) => RANKS.findIndex((label) => model.is(row, label));

const ordered = (model, ranks, holds, sort) => {
  const rows = [];
  for (let row = 0; row < model.results; row += 1) if (holds[row]) rows.push(row);
  const down = sort.startsWith("-");
  const key = sort.replace("-", "");
  if (model.numbers[key]) return rows.sort(byNumber(model.numbers[key], down));
  if (!model.columns[key]) return RANKS.flatMap((_, rank) => rows.filter((row) => ranks[row] === rank));
  const { words, at, ofCase } = model.columns[key];
  const places = words.map((word, place) => [String(word ?? ""), place])
    .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const order = new Int32Array(words.length);
  places.forEach(([, place], rankOfWord) => { order[place] = down ? -rankOfWord : rankOfWord; });
  const of = ofCase ? (row) => order[at[model.caseOf[row]]] : (row) => order[at[row]];
  return rows.sort((a, b) => of(a) - of(b) || a - b);
};

// What has no number comes last either way.
const byNumber = (values, down) => (a, b) => {
  const [one, other] = [values[a], values[b]];
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other) || a - b;
  if (one === other) return a - b;
  return (one < other) === down ? 1 : -1;
};

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

const cell = (model, row, key) => {
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

const template = (columns) => {
  const widths = {
    verdict: "11.5rem", id: "minmax(14rem, 1fr)", implementation: "9.5rem", run: "8rem", change: "17rem",
    dtype: "5.5rem", strides: "4.5rem", padding: "6rem", margin: "8rem",
  };
  return columns.map(({ key }) => widths[key]).join(" ");
};
