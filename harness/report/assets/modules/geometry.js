// C1, read from the result's side: which products make up an element of in_backprop. Extents may be any int32.

export const MOST = 2000; // quadruples that are listed; all are counted

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
