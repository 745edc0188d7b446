// C1, read from the result's side: which products make up an element of in_backprop.

// Pairs [p, r] with h + pad_before = p*stride + r*dilation, along one axis.
export const termsAlong = (axis, position) => {
  const found = [];
  for (let r = 0; r < axis.filter; r += 1) {
    const rest = position + axis.pad_before - r * axis.dilation;
    const p = rest / axis.stride;
    if (rest >= 0 && Number.isInteger(p) && p < axis.output) found.push([p, r]);
  }
  return found;
};

export const productsOf = (geometry, { h, w }) => {
  const rows = termsAlong(geometry.height, h);
  const columns = termsAlong(geometry.width, w);
  const channels = geometry.K / geometry.groups;
  return {
    quadruples: rows.flatMap(([p, r]) => columns.map(([q, s]) => [p, q, r, s])),
    channels,
    count: rows.length * columns.length * channels,
  };
};

// An index of in_backprop, in the layout of the call, by the names of its axes.
export const named = (index, layout) => {
  const [n, a, b, c] = index;
  return layout === "NCHW" ? { n, h: b, w: c, c: a } : { n, h: a, w: b, c };
};
