// What the playground shows: a call within limits, and what is looked at. All of it is in the address.

import { derivedAxis, spanOf } from "../modules/geometry.js";

export const LIMITS = { input: [1, 16], filter: [1, 7], stride: [1, 6], dilation: [1, 4], before: [0, 8], after: [0, 8] };
export const CHANNELS = [1, 4];
export const PADDINGS = ["VALID", "SAME", "EXPLICIT"];

const onAxis = (input, filter, stride = 1, dilation = 1, before = 0, after = 0) => ({ input, filter, stride, dilation, before, after });
const ONE = onAxis(1, 1);
const FIRST = { dimensions: 1, padding: "VALID", height: onAxis(5, 3), width: onAxis(5, 3), C: 1, K: 1, groups: 1,
  form: "scatter", step: null, look: "", mistake: "" };

export const PRESETS = [
  ["Stride 1", { height: onAxis(5, 3), look: "at.2.0.0" }],
  ["Stride 2", { height: onAxis(6, 3, 2), look: "at.2.0.0" }],
  ["A gap", { height: onAxis(8, 2, 3), look: "at.2.0.0" }],
  ["Dilated", { height: onAxis(8, 3, 1, 2), look: "at.4.0.0" }],
  ["SAME", { height: onAxis(5, 3), padding: "SAME", look: "at.0.0.0" }],
  ["Channels", { height: onAxis(4, 2), C: 2, K: 2, look: "at.1.0.0" }],
  ["2-D", { dimensions: 2, height: onAxis(3, 2), width: onAxis(3, 2), look: "at.1.1.0" }],
  ["2-D, stride 2", { dimensions: 2, height: onAxis(6, 3, 2), width: onAxis(5, 3, 2), padding: "SAME", look: "at.2.1.0" }],
].map(([title, changes]) => [title, { ...FIRST, ...changes }]);

export const firstSettings = () => PRESETS[0][1];

const within = (value, [least, most], otherwise) => {
  const number = Math.trunc(Number(value));
  return value === "" || !Number.isFinite(number) ? otherwise : Math.min(most, Math.max(least, number));
};

const KEYS_OF_AXIS = Object.keys(LIMITS);

// The settings with one axis's extent, or the channels, changed within limits.
export const changedAxis = (settings, axis, key, value) =>
  ({ ...settings, [axis]: { ...settings[axis], [key]: within(value, LIMITS[key], settings[axis][key]) } });

export const changedChannels = (settings, key, value) => ({ ...settings, [key]: within(value, CHANNELS, settings[key]) });

export const addressOf = (settings) => {
  const numbers = (axis) => KEYS_OF_AXIS.map((key) => settings[axis][key]).join(".");
  const parts = [["d", settings.dimensions], ["pad", settings.padding], ["h", numbers("height")],
    ["w", settings.dimensions === 2 && numbers("width")], ["ch", [settings.C, settings.K, settings.groups].join(".")],
    ["form", settings.form], ["step", settings.step ?? ""], ["look", settings.look], ["mistake", settings.mistake]];
  return parts.filter(([, value]) => value !== "" && value !== false).map(([key, value]) => `${key}=${value}`).join("&");
};

// Whatever stands in an address becomes settings that can be shown; what is not said is as in `base`.
export const settingsFrom = (address, base = firstSettings()) => {
  const given = new URLSearchParams(address);
  const axis = (key, otherwise) => {
    const numbers = (given.get(key) ?? "").split(".");
    return Object.fromEntries(KEYS_OF_AXIS.map((name, at) => [name, within(numbers[at] ?? "", LIMITS[name], otherwise[name])]));
  };
  const [C, K, groups] = (given.get("ch") ?? "").split(".");
  const one = (key, choices, otherwise) => (choices.includes(given.get(key)) ? given.get(key) : otherwise);
  return {
    dimensions: given.has("d") ? within(given.get("d"), [1, 2], 1) : base.dimensions,
    padding: one("pad", PADDINGS, base.padding),
    height: axis("h", base.height),
    width: axis("w", base.width),
    C: within(C ?? "", CHANNELS, base.C),
    K: within(K ?? "", CHANNELS, base.K),
    groups: within(groups ?? "", CHANNELS, base.groups),
    form: one("form", ["scatter", "gather", "rotated"], base.form),
    step: given.has("step") ? within(given.get("step"), [0, 1e7], null) : given.has("d") ? null : base.step,
    look: /^(at|from)\.\d+\.\d+\.\d+$/.test(given.get("look")) ? given.get("look") : given.has("d") ? "" : base.look,
    mistake: given.has("d") ? given.get("mistake") ?? "" : base.mistake,
  };
};

// Whether two settings are of one call, whatever is looked at.
export const sameCall = (one, other) => {
  const call = ({ dimensions, padding, height, width, C, K, groups }) => JSON.stringify([dimensions, padding, height, width, C, K, groups]);
  return call(one) === call(other);
};

// The geometry of one image, or { error } in a sentence.
export const geometryOf = ({ dimensions, padding, height, width, C, K, groups }) => {
  if (C % groups || K % groups) return { error: `C8: ${groups} groups must divide ${C} input and ${K} output channels.` };
  const axes = [["height", height], ["width", dimensions === 2 ? width : ONE]].map(([name, { before, after, ...axis }]) =>
    derivedAxis(name, { ...axis, padding, pads: [before, after] }));
  const wrong = axes.find((axis) => axis.error);
  return wrong ?? { height: axes[0], width: axes[1], C, K, groups };
};

// A case of a run within the limits: as it is, or with whole windows and channels left out, which `notes` say.
export const fittedCase = ({ height, width, C, K, groups }, padding, element) => {
  const notes = [];
  const own = {};
  const at = { ...element };
  for (const [name, axis, index] of [["height", height, "h"], ["width", width, "w"]]) {
    [own[name], at[index]] = fittedAxis(axis, at[index], name, notes);
  }
  const [G, perC, perK] = fittedChannels(C, K, groups);
  if (G * perC !== C || G * perK !== K) notes.push(`${C} input and ${K} output channels are shown as ${G * perC} and ${G * perK}`);
  at.c = Math.min(at.c ?? 0, G * perC - 1);
  const settings = { ...FIRST, dimensions: 2, padding, ...own, C: G * perC, K: G * perK, groups: G, look: `at.${at.h}.${at.w}.${at.c}` };
  return { settings, notes };
};

const fittedChannels = (C, K, groups) => {
  const most = CHANNELS[1];
  const G = Math.max(1, Math.min(groups, most));
  return [G, ...[C, K].map((all) => Math.max(1, Math.min(all / groups, Math.floor(most / G))))];
};

const fittedAxis = (axis, at, name, notes) => {
  const cut = (key, value) => Math.max(LIMITS[key][0], Math.min(value, LIMITS[key][1]));
  const own = { input: axis.input, filter: cut("filter", axis.filter), stride: cut("stride", axis.stride),
    dilation: cut("dilation", axis.dilation), before: cut("before", axis.pad_before), after: cut("after", axis.pad_after) };
  const changed = ["filter", "stride", "dilation"].filter((key) => own[key] !== axis[key]);
  if (changed.length) notes.push(`${changed.join(" and ")} along the ${name} ${changed.length > 1 ? "are" : "is"} cut down`);
  const least = Math.min(LIMITS.input[1], spanOf(own));
  const windows = Math.max(0, Math.ceil((axis.input - LIMITS.input[1]) / own.stride));
  own.input = Math.max(least, axis.input - windows * own.stride, 1);
  if (own.input > LIMITS.input[1]) own.input = LIMITS.input[1];
  if (own.input !== axis.input) notes.push(`a ${name} of ${axis.input} is shown as ${own.input}`);
  return [own, fittedPlace(at, axis.input, own)];
};

// The same place seen from the nearer edge; in the middle, one of the same phase.
const fittedPlace = (at, extent, { input, stride }) => {
  if (at < input / 2 || extent <= input) return Math.min(at, input - 1);
  if (extent - at <= input / 2) return input - (extent - at);
  const middle = input >> 1;
  return Math.min(input - 1, middle - (middle % stride) + (at % stride));
};
