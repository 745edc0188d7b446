// The call: presets, and for each extent a slider and a field that follow each other.

import { h } from "../modules/dom.js";
import { CHANNELS, LIMITS, PADDINGS, PRESETS, changedAxis, changedChannels } from "./settings.js";

const TITLES = { input: "input", filter: "filter", stride: "stride", dilation: "dilation", before: "padding before", after: "padding after" };

// A slider and a number under one name; `change` gets what was typed.
const measure = (title, [least, most], value, change) => {
  const input = (type, label) => h("input", { type, min: least, max: most, value, "aria-label": label, input: ({ target }) => {
    const typed = target.valueAsNumber;
    if (typed >= least && typed <= most) change(typed);
  } });
  const [slider, field] = [input("range", `${title}, slider`), input("number", title)];
  return { element: h("div", { class: "measure" }, h("span", { "aria-hidden": "true" }, title), slider, field),
    show: (now) => [slider, field].forEach((one) => { if (one.valueAsNumber !== now) one.value = now; }) };
};

const choice = (title, options, change) => {
  const select = h("select", { "aria-label": title, change: ({ target }) => change(target.value) },
    options.map(([value, text]) => h("option", { value }, text)));
  return { element: h("div", { class: "measure" }, h("span", { "aria-hidden": "true" }, title), select), show: (value) => { select.value = value; } };
};

export const callControls = (get, change) => {
  const parts = [];
  const follow = (control, read) => {
    parts.push(() => control.show(read(get())));
    return control.element;
  };
  const axis = (name) => Object.entries(TITLES).map(([key, title]) => {
    const element = follow(measure(`${title} (${name})`, LIMITS[key], get()[name][key], (value) => change(changedAxis(get(), name, key, value))),
      (settings) => settings[name][key]);
    element.firstChild.textContent = title;
    if (key === "before" || key === "after") parts.push(() => { element.hidden = get().padding !== "EXPLICIT"; });
    return element;
  });
  const channels = [["C", "input channels"], ["K", "output channels"], ["groups", "groups"]].map(([key, title]) =>
    follow(measure(title, CHANNELS, get()[key], (value) => change(changedChannels(get(), key, value))), (settings) => settings[key]));
  const width = h("fieldset", {}, h("legend", {}, "Width: W, S, Q"), axis("width"));
  parts.push(() => { width.hidden = get().dimensions !== 2; });
  const element = h("div", { class: "controls" },
    follow(choice("dimensions", [["1", "1-D"], ["2", "2-D"]], (value) => change({ ...get(), dimensions: Number(value) })), (settings) => String(settings.dimensions)),
    follow(choice("padding", PADDINGS.map((one) => [one, one]), (padding) => change({ ...get(), padding })), (settings) => settings.padding),
    h("fieldset", {}, h("legend", {}, "Height: H, R, P"), axis("height")), width,
    h("fieldset", {}, h("legend", {}, "Channels"), channels));
  return { element, show: () => parts.forEach((part) => part()) };
};

export const presetButtons = (change) => h("div", { class: "presets", role: "group", "aria-label": "Presets" },
  PRESETS.map(([title, settings]) => h("button", { type: "button", click: () => change(settings) }, title)));
