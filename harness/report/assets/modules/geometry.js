// One axis of the operator: extents and padding (C2, C3, C4), where a tap lies, and where it comes from (C1). The page
// of a run and the playground both draw from here. Extents may be any int32.

export const MOST = 2000; // quadruples that are listed; all are counted

// What a dilated filter spans (C2).
export const spanOf = ({ filter, dilation }) => (filter - 1) * dilation + 1;

// The axis with its output and its padding, or { error } with a sentence. `pads` count only under EXPLICIT.
export const derivedAxis = (name, { input, filter, stride, dilation, padding, pads }) => {
  const span = spanOf({ filter, dilation });
  let [pad_before, pad_after] = padding === "EXPLICIT" ? pads : [0, 0];
  let output = Math.floor((input + pad_before + pad_after - span) / stride) + 1;
  if (padding === "SAME") {
    output = Math.ceil(input / stride);
    const total = output ? Math.max((output - 1) * stride + span - input, 0) : 0;
    [pad_before, pad_after] = [Math.floor(total / 2), total - Math.floor(total / 2)];
  }
  if (output < 0) return { error: `C3: a filter that spans ${span} does not fit a ${name} of ${input} under ${padding}.` };
  return { input, filter, stride, dilation, pad_before, pad_after, output };
};

// Where tap r of the window at p lies on the input; in the padding it is below 0, or beyond the input (C1, C6).
export const placeOf = (axis, p, r) => p * axis.stride + r * axis.dilation - axis.pad_before;

// The same solved for p: what tap r would have to come from to reach h. No p where it is not whole or not there.
export const sourceOf = (axis, h, r) => (h + axis.pad_before - r * axis.dilation) / axis.stride;

export const isThere = (place, extent) => Number.isInteger(place) && place >= 0 && place < extent;

// Where element p lies in out_backprop once it is stuffed with zeros and padded, and how long that is (C15).
export const stuffedAt = (axis, p) => p * axis.stride + spanOf(axis) - 1 - axis.pad_before;
export const stuffedExtent = (axis) => axis.input + spanOf(axis) - 1;

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

// The taps r for which h + pad_before = p*stride + r*dilation has a p, along one axis: first, first + step, ...
export const tapsAlong = (axis, position) => {
  const { filter, stride, dilation, output } = axis;
  const reach = position + axis.pad_before;
  const lowest = Math.max(0, Math.ceil((reach - (output - 1) * stride) / dilation));
  const highest = Math.min(filter - 1, Math.floor(reach / dilation));
  const step = stride / divisor(stride, dilation);
  for (let r = lowest; output > 0 && r <= highest && r < lowest + step; r += 1) {
    if ((reach - r * dilation) % stride === 0) return { first: r, step, count: Math.floor((highest - r) / step) + 1 };
  }
  return { first: 0, step, count: 0 };
};

// Pairs [p, r], the first `MOST` of them.
const pairsAlong = (axis, position, { first, step, count }) =>
  Array.from({ length: Math.min(count, MOST) }, (_, at) => {
    const r = first + at * step;
    return [(position + axis.pad_before - r * axis.dilation) / axis.stride, r];
  });

export const productsOf = ({ height, width, K, groups }, { h, w }) => {
  const [rows, columns] = [tapsAlong(height, h), tapsAlong(width, w)];
  const quadruples = [];
  for (const [p, r] of pairsAlong(height, h, rows)) {
    if (quadruples.length >= MOST) break;
    for (const [q, s] of pairsAlong(width, w, columns)) quadruples.push([p, q, r, s]);
  }
  const terms = rows.count * columns.count;
  return { quadruples: quadruples.slice(0, MOST), terms, channels: K / groups, count: terms * (K / groups) };
};

// An index of in_backprop, in the layout of the call, by the names of its axes.
export const named = (index, layout) => {
  const [n, a, b, c] = index;
  return layout === "NCHW" ? { n, h: b, w: c, c: a } : { n, h: a, w: b, c };
};
