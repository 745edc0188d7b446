"use strict";
// Filters the rows and draws what a row hides, once it is opened: written out, that would be most of the file.
(() => {
  const body = document.getElementById("results").tBodies[0];
  const rows = [...body.rows];
  const drawn = new Map();
  const form = document.getElementById("filter");
  const more = form.querySelector("button");
  let limit = rows.filter((row) => !row.hidden).length;
  let store;
  let texts;

  const element = (name, text = "", ...children) => {
    const made = document.createElement(name);
    made.textContent = text; // text and never markup: the records come from anywhere
    made.append(...children);
    return made;
  };

  const line = (name, cells) => element("tr", "", ...cells.map((cell, at) => element(at ? name : "th", cell)));

  const section = ([form, lines]) => {
    const [title, ...columns] = store.forms[form];
    const table = element("table", "");
    if (columns.some(Boolean)) table.append(element("thead", "", line("th", columns)));
    table.append(element("tbody", "", ...lines.map((at) => line("td", store.rows[at]))));
    const wide = element("div", "", table);
    wide.className = "wide";
    return [element("h4", title), wide];
  };

  const draw = (row) => {
    store ??= JSON.parse(document.getElementById("details").textContent);
    const cell = element("td", "", ...store.results[rows.indexOf(row)].flatMap(section));
    cell.colSpan = row.cells.length;
    const made = element("tr", "", cell);
    made.className = "drawn";
    row.after(made);
    drawn.set(row, made);
  };

  const toggle = ({ target }) => {
    const row = target.closest("tr");
    drawn.get(row)?.remove();
    drawn.delete(row);
    if (target.open) draw(row);
  };

  const filter = () => {
    texts ??= rows.map((row) => row.textContent.toLowerCase());
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const label = form.elements.label.value;
    let found = 0;
    rows.forEach((row, at) => {
      const labelled = !label || row.dataset.k.split(" ").includes(label);
      const hidden = !(labelled && words.every((word) => texts[at].includes(word)) && ++found <= limit);
      if (row.hidden !== hidden) row.hidden = hidden;
      if (drawn.has(row)) drawn.get(row).hidden = hidden;
    });
    const first = found > limit ? `, the first ${limit} are shown` : "";
    form.querySelector("output").textContent = `${found} of ${rows.length} match${first}`;
    more.hidden = found <= limit;
  };

  body.addEventListener("toggle", toggle, true); // `toggle` does not bubble
  form.addEventListener("input", filter);
  more.addEventListener("click", () => {
    limit = Infinity;
    filter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
