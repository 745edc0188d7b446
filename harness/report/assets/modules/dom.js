// Elements from plain values. Everything from a record arrives here as text: there is no way to pass markup.

const SVG = "http://www.w3.org/2000/svg";

const fill = (made, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
};

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// A name from a record: read from left to right whatever letters it has.
export const name = (text) => h("bdi", { dir: "ltr" }, text);

export const table = (heads, rows, attributes = {}) =>
  h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": attributes["aria-label"] ?? "Table" },
    h("table", { class: attributes.class },
      heads && h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map(([first, ...cells]) =>
        h("tr", {}, h("th", { scope: "row" }, first), cells.map((cell) => h("td", {}, cell)))))));

export const link = (text) =>
  text.startsWith("https://") ? h("a", { href: text, rel: "noreferrer" }, text) : name(text);

// What a screen reader says although nothing changed place.
export const announce = (text) => {
  document.getElementById("announcer").textContent = text;
};

export const copyButton = (what, text) => {
  const button = h("button", { type: "button", class: "copy", "aria-label": `Copy ${what}`, click: async () => {
    const done = await copied(text);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    announce(done ? `${what} copied` : `${what} selected`);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  } }, "Copy");
  return button;
};

const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a page from a disk may have no clipboard; the older way needs no permission
    const area = h("textarea", { "aria-hidden": "true" });
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
};
