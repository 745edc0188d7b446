// What some of the mutants sum instead, by their names and by what a diagnosis calls them: other axes, or other taps.

import { flatAt, iterationAt, lengthOf } from "./forms.js";
import { isThere, spanOf } from "../modules/geometry.js";

const one = (key, value) => ({ height, width }) => ({ height: { ...height, [key]: value(height) }, width: { ...width, [key]: value(width) } });
const exchanged = (...keys) => ({ height, width }) => ({ height: swapped(height, width, keys), width: swapped(width, height, keys) });
const swapped = (axis, other, keys) => ({ ...axis, ...Object.fromEntries(keys.map((key) => [key, other[key]])) });
const both = (change) => ({ height, width }) => ({ height: change(height), width: change(width) });
const withPads = (axis, total) => ({ ...axis, pad_before: Math.floor(total / 2), pad_after: total - Math.floor(total / 2) });
const leftover = (axis) => axis.input + axis.pad_before + axis.pad_after - spanOf(axis) - (axis.output - 1) * axis.stride;
const oddFirst = (axis) => ({ ...axis, pad_before: axis.pad_before + axis.pad_after - Math.floor((axis.pad_before + axis.pad_after) / 2) });
const turned = (axis) => ({ ...axis, pad_before: axis.pad_after, pad_after: axis.pad_before });
const capped = (axis) => (place) => Math.min(Math.max(place, 0), axis.input - 1);
const wrapped = (axis) => (place) => (place < 0 ? place + axis.input : place);
const pointwise = ({ height, width }) => height.filter === 1 && width.filter === 1;

const groupOf = ({ K, groups }, k) => Math.floor(k / (K / groups));
const placesOf = (flat, columns) => [Math.floor(flat / columns), flat % columns];
const exchangedChannels = ({ C, K, groups }, { c, k }) => {
  const [readC, readK] = placesOf(k * (C / groups) + (c % (C / groups)), K);
  return { c: readC, k: readK };
};

// [name, what a diagnosis says, what is other]: `axes`; `taps`, which one is read instead of r, s; `places`, where a tap
// lies; `reads`, which channels; `lands`, in which channel; `keeps`, which products; `onlyLast`, those of the last tap;
// `same` holds for SAME padding only.
export const MISTAKES = [
  ["no-rotation", "filter not rotated: its taps in reverse order along both axes",
    { taps: (g, r, s) => [g.height.filter - 1 - r, g.width.filter - 1 - s] }],
  ["rotation-of-columns-only", "rows of the filter in reverse order",
    { taps: (g, r, s) => [g.height.filter - 1 - r, s] }],
  ["rotation-of-rows-only", "columns of the filter in reverse order",
    { taps: (g, r, s) => [r, g.width.filter - 1 - s] }],
  ["stride-ignored", "stride ignored", { axes: one("stride", () => 1) }],
  ["strides-exchanged", "strides of height and width exchanged", { axes: exchanged("stride") }],
  ["height-stride-for-both", "the stride of the height used for the width, too",
    { axes: ({ height, width }) => ({ height, width: { ...width, stride: height.stride } }) }],
  ["stride-cut-to-filter", "strides larger than the filter cut down to it",
    { axes: one("stride", (axis) => Math.min(axis.stride, spanOf(axis))) }],
  ["pointwise-without-stride", "stride ignored in the shortcut for 1x1 filters",
    { axes: (g) => (pointwise(g) ? one("stride", () => 1)(g) : g) }],
  ["leftover-first", "what the stride leaves over put before the windows, not after",
    { axes: one("pad_before", (axis) => axis.pad_before - leftover(axis)) }],
  ["dilation-ignored", "dilation ignored", { axes: one("dilation", () => 1) }],
  ["dilations-exchanged", "dilations of height and width exchanged", { axes: exchanged("dilation") }],
  ["dilation-counts-gaps", "dilation larger by one: taken for the number of rows between taps",
    { axes: one("dilation", ({ dilation }) => (dilation > 1 ? dilation + 1 : 1)) }],
  ["dilation-short-by-one", "dilation smaller by one",
    { axes: one("dilation", ({ dilation }) => Math.max(1, dilation - 1)) }],
  ["strides-and-dilations-exchanged", "strides and dilations exchanged",
    { axes: both((axis) => ({ ...axis, stride: axis.dilation, dilation: axis.stride })) }],
  ["pads-ignored", "padding ignored", { axes: one("pad_before", () => 0) }],
  ["pads-exchanged", "pads exchanged before/after", { axes: both(turned) }],
  ["pads-exchanged-top-bottom", "pads exchanged top/bottom",
    { axes: ({ height, width }) => ({ height: turned(height), width }) }],
  ["pads-exchanged-left-right", "pads exchanged left/right",
    { axes: ({ height, width }) => ({ height, width: turned(width) }) }],
  ["pads-exchanged-top-left", "pads exchanged top/left", { axes: exchanged("pad_before") }],
  ["pads-cut-to-filter", "pads ignored beyond the filter's size",
    { axes: one("pad_before", (axis) => Math.min(axis.pad_before, spanOf(axis) - 1)) }],
  ["pads-of-rotated-form", "the rotated form's padding, effR-1-pt, taken for pt",
    { axes: one("pad_before", (axis) => spanOf(axis) - 1 - axis.pad_before) }],
  ["pads-clamped", "taps in the padding added to the edge instead of dropped", { places: capped }],
  ["pads-wrap-around", "a negative index taken from the end, so that the padding before wraps around",
    { places: wrapped }],
  ["same-odd-pixel-first", "the odd pixel of SAME padding before the input, not after",
    { same: true, axes: both(oddFirst) }],
  ["same-odd-row-first", "the odd row of SAME padding above the input, not below",
    { same: true, axes: ({ height, width }) => ({ height: oddFirst(height), width }) }],
  ["same-odd-column-first", "the odd column of SAME padding left of the input, not right",
    { same: true, axes: ({ height, width }) => ({ height, width: oddFirst(width) }) }],
  ["same-without-stride", "SAME padding computed as if the stride were 1",
    { same: true, axes: both((axis) => withPads(axis, spanOf(axis) - 1)) }],
  ["same-without-dilation", "SAME padding computed without the dilation",
    { same: true, axes: both((axis) => withPads(axis, Math.max((axis.output - 1) * axis.stride + axis.filter - axis.input, 0))) }],
  ["last-tap-dropped", "last tap of the filter dropped",
    { keeps: ({ height, width }, { r, s }) => r < height.filter - 1 || s < width.filter - 1 }],
  ["last-filter-row-dropped", "last row of the filter dropped", { keeps: ({ height }, { r }) => r < height.filter - 1 }],
  ["last-output-row-dropped", "last row of out_backprop dropped", { keeps: ({ height }, { p }) => p < height.output - 1 }],
  ["last-output-channel-dropped", "last output channel dropped", { keeps: ({ K }, { k }) => k < K - 1 }],
  ["last-row-dropped", "last row of in_backprop left at 0", { keeps: (g, { h }) => h < g.height.input - 1 }],
  ["last-column-dropped", "last column of in_backprop left at 0", { keeps: (g, { w }) => w < g.width.input - 1 }],
  ["last-channel-dropped", "last input channel left at 0", { keeps: ({ C }, { c }) => c < C - 1 }],
  ["last-group-dropped", "last group left at 0", { keeps: (g, { k }) => g.groups === 1 || groupOf(g, k) < g.groups - 1 }],
  ["rows-beyond-tiles-dropped", "rows of out_backprop beyond whole tiles of 8 dropped",
    { keeps: ({ height }, { p }) => height.output <= 8 || p < height.output - (height.output % 8) }],
  ["overwritten", "terms overwrite what is there instead of being added", { onlyLast: true }],
  ["filter-transposed", "R and S of the filter exchanged",
    { taps: ({ height, width }, r, s) => placesOf(s * height.filter + r, width.filter) }],
  ["channels-exchanged", "C and K of the filter exchanged", { reads: exchangedChannels }],
  ["pointwise-channels-exchanged", "C and K exchanged in the shortcut for 1x1 filters",
    { reads: (g, it) => (pointwise(g) ? exchangedChannels(g, it) : undefined) }],
  ["channels-reversed", "output channels in reverse order", { reads: ({ K }, { k }) => ({ sourceK: K - 1 - k }) }],
  ["first-filter-for-all-groups", "the first group's filter used for every group",
    { reads: ({ K, groups }, { k }) => ({ k: k % (K / groups) }) }],
  ["groups-interleaved-in-outputs", "output channels dealt out to the groups in turn, not in blocks",
    { reads: (g, { k }) => ({ sourceK: (k % (g.K / g.groups)) * g.groups + groupOf(g, k) }) }],
  ["groups-interleaved-in-inputs", "input channels dealt out to the groups in turn, not in blocks",
    { reads: (g, { c }) => ({ c: c % (g.C / g.groups) }), lands: (g, { c, k }) => (c % (g.C / g.groups)) * g.groups + groupOf(g, k) }],
].map(([key, says, change]) => ({ key, says, change }));

export const mistakeCalled = (key) => MISTAKES.find((one) => one.key === key);

// The first mistake of a diagnosis that is one of these: "identical to: A / B, or 2 more".
export const mistakeIn = (diagnosis) => {
  const said = (diagnosis ?? "").replace(/^.*?(identical to|also what comes of): /, "").replace(/, or \d+ more$/, "").split(" / ");
  return said.map((words) => MISTAKES.find(({ says }) => says === words)).find(Boolean);
};

// All that a mistake adds, in the order of the loops. Products as in `forms.js`, with `read` where channels are others.
export const mistakenTerms = (geometry, padding, { change }) => {
  const { axes, same } = change;
  const other = axes && (!same || padding === "SAME") ? { ...geometry, ...axes(geometry) } : geometry;
  const terms = [];
  for (let number = 0; number < lengthOf(other, "scatter"); number += 1) {
    const it = mistaken(geometry, iterationAt(other, "scatter", number), change);
    if (it) terms.push(it);
  }
  return change.onlyLast ? ofTheLastTap(geometry, terms) : terms;
};

const mistaken = (geometry, it, { taps, places, reads, lands, keeps }) => {
  const { height, width } = geometry;
  const changed = { ...it };
  if (places) [changed.h, changed.w] = [places(height)(it.h), places(width)(it.w)];
  if (taps) [changed.r, changed.s] = taps(geometry, it.r, it.s);
  if (reads) changed.read = reads(geometry, it);
  if (lands) changed.c = lands(geometry, it);
  const there = isThere(changed.h, height.input) && isThere(changed.w, width.input);
  return there && (!keeps || keeps(geometry, changed)) ? changed : null;
};

// A kernel that goes tap by tap and overwrites leaves the products of the last one.
const ofTheLastTap = (geometry, terms) => {
  const tapOf = ({ r, s }) => r * geometry.width.filter + s;
  const last = new Map();
  for (const it of terms) last.set(flatAt(geometry, it), Math.max(tapOf(it), last.get(flatAt(geometry, it)) ?? -1));
  return terms.filter((it) => tapOf(it) === last.get(flatAt(geometry, it)));
};
