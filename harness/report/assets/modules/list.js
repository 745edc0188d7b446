// All results, filtered and sorted. Only the rows in sight are elements, so that 100,000 of them scroll.

import { cell, tone } from "./cells.js";
import { announce, h } from "./dom.js";
import { count } from "./numbers.js";
import { sorter } from "./order.js";
import { matching } from "./query.js";
import { setState, state } from "./state.js";

const SPARE = 8; // rows beyond either edge
const PRINTED = 200;
const COLUMNS = [
  { key: "verdict", width: "11.5rem" },
  { key: "id", title: "case", width: "minmax(14rem, 1fr)" },
  { key: "implementation", width: "9.5rem" },
  { key: "run", width: "8rem", only: (model) => model.runs.length > 1 },
  { key: "change", width: "13rem", only: (model) => compares(model) },
  { key: "dtype", width: "5.5rem", only: (model) => !compares(model) },
  { key: "strides", width: "4.5rem", only: (model) => !compares(model) },
  { key: "padding", width: "6rem", only: (model) => !compares(model) },
  { key: "margin", width: "8rem", hint: "The largest error over its limit: up to 1 passes" },
];

// A comparison of two runs, rather than one run or several side by side.
export const compares = (model) => model.columns.change.words.some(Boolean);

export class ResultList {
  constructor(model, onOpen) {
    Object.assign(this, { model, onOpen, rows: [], selected: 0, q: null, sort: null, sorted: sorter(model) });
    this.columns = COLUMNS.filter(({ only }) => !only || only(model));
    this.makeSearch();
    this.makeGrid();
    this.printed = h("div", { class: "printed", "aria-hidden": "true" });
    this.element = h("div", {}, this.form, this.grid, this.printed);
    addEventListener("resize", () => this.draw());
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => this.printed.replaceChildren());
  }

  makeSearch() {
    this.field = h("input", {
      type: "search", id: "search", autocomplete: "off", spellcheck: "false", "aria-describedby": "found",
      placeholder: "dtype:bfloat16 strides:2 verdict:deviates", input: () => setState({ q: this.field.value }),
    });
    this.found = h("output", { id: "found", for: "search" });
    this.form = h("form", { role: "search", class: "search", submit: (event) => event.preventDefault() },
      h("label", { for: "search" }, "Filter"), this.field,
      h("button", { type: "button", click: () => setState({ q: "", sort: "" }) }, "Clear"), this.found);
  }

  makeGrid() {
    this.heads = this.columns.map((column) => this.head(column));
    const heads = h("div", { role: "row", class: "row heads", "aria-rowindex": "1" }, this.heads);
    this.top = h("div", { role: "rowgroup", class: "top-row" }, heads);
    this.body = h("div", { role: "rowgroup", class: "window" });
    this.spacer = h("div", { class: "spacer", role: "presentation" }, this.body);
    this.grid = h("div", {
      role: "grid", class: "list", tabindex: "0", "aria-label": "Results", "aria-colcount": this.columns.length,
      keydown: (event) => this.arrows(event), scroll: () => requestAnimationFrame(() => this.draw()),
    }, this.top, this.spacer);
    this.grid.style.setProperty("--columns", this.columns.map(({ width }) => width).join(" "));
  }

  head({ key, title = key, hint }) {
    const button = h("button", { type: "button", title: hint, click: () => this.sortBy(key) }, title);
    return h("span", { role: "columnheader", class: `of-${key}`, "data-key": key, "aria-sort": "none" }, button);
  }

  // In pixels: one row, and what the heads, which stay where they are, leave of the height.
  get row() { return Number.parseFloat(getComputedStyle(this.grid).getPropertyValue("--row")) * 16; }
  get sight() { return this.grid.clientHeight - this.top.offsetHeight; }

  draw() {
    const { grid, rows, row } = this;
    this.spacer.style.height = `${rows.length * row}px`;
    const first = Math.max(0, Math.floor(grid.scrollTop / row) - SPARE);
    const last = Math.min(rows.length, Math.ceil((grid.scrollTop + this.sight) / row) + SPARE);
    this.body.style.transform = `translateY(${first * row}px)`;
    this.body.replaceChildren(...Array.from({ length: last - first }, (_, at) => this.line(first + at)));
    const active = document.getElementById(`row-${this.selected}`);
    if (active) grid.setAttribute("aria-activedescendant", active.id);
    else grid.removeAttribute("aria-activedescendant");
  }

  line(place) {
    const row = this.rows[place];
    return h("div", {
      role: "row", class: `row row-${tone(this.model, row)}`, id: `row-${place}`, "aria-rowindex": place + 2,
      "aria-selected": place === this.selected ? "true" : "false",
      click: () => { this.select(place); this.onOpen(row); },
    }, this.columns.map(({ key }) => h("span", { role: "gridcell", class: `of-${key}` }, cell(this.model, row, key))));
  }

  select(place) {
    this.selected = Math.max(0, Math.min(this.rows.length - 1, place));
    const { grid, row, sight } = this;
    const start = this.selected * row;
    if (start < grid.scrollTop) grid.scrollTop = start;
    else if (start + row > grid.scrollTop + sight) grid.scrollTop = start + row - sight;
    this.draw();
  }

  arrows(event) {
    const page = Math.max(1, Math.floor(this.sight / this.row) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.target !== this.grid || !(event.key in steps)) return;
    event.preventDefault();
    this.select(this.selected + steps[event.key]);
  }

  // One way, then the other, then as it was; the largest margin is what one looks for first.
  sortBy(key) {
    const now = state().sort;
    const [first, second] = key === "margin" ? ["-margin", "margin"] : [key, `-${key}`];
    setState({ sort: now === first ? second : now === second ? "" : first });
  }

  // Follow the address: filter and sort only where it says something new.
  update({ q, sort }) {
    if (q === this.q && sort === this.sort) return;
    const again = this.q !== null;
    const held = this.rows[this.selected];
    const holds = matching(this.model, q);
    const rows = [];
    for (let row = 0; row < holds.length; row += 1) if (holds[row]) rows.push(row);
    Object.assign(this, { q, sort, rows: this.sorted(rows, sort) });
    this.selected = Math.max(0, this.rows.indexOf(held));
    this.say(again);
    this.grid.scrollTop = 0;
    this.draw();
  }

  say(aloud) {
    const { q, sort, rows, model } = this;
    if (this.field.value !== q) this.field.value = q;
    this.heads.forEach((head) => head.setAttribute("aria-sort",
      sort === head.dataset.key ? "ascending" : sort === `-${head.dataset.key}` ? "descending" : "none"));
    this.grid.setAttribute("aria-rowcount", rows.length + 1);
    this.found.textContent = `${q ? `${count(rows.length)} of ` : ""}${count(model.results)} results`;
    if (aloud) announce(this.found.textContent);
  }

  print() {
    document.querySelectorAll("main details").forEach((one) => { one.open = true; });
    const lines = this.rows.slice(0, PRINTED).map((row) =>
      h("tr", {}, this.columns.map(({ key }) => h("td", {}, cell(this.model, row, key)))));
    const more = this.rows.length > PRINTED ? h("p", {}, `The first ${PRINTED} of ${count(this.rows.length)}.`) : "";
    this.printed.replaceChildren(h("table", {}, h("tbody", {}, lines)), more);
  }

  focus() { this.grid.focus({ preventScroll: true }); }

  search() {
    this.field.focus();
    this.field.select();
  }
}
