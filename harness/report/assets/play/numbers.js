// The numbers of the playground: digits that show which tap was used where they fit, otherwise small whole numbers.

const OF_FILTER = [2, -1, 3, 1, -2, 4, -3, 5, -4, 6, -5];
const OF_OUT_BACKPROP = [1, 3, -2, 2, 4, -1, 5];

// Over and over, each time from one further on, so that rows differ whatever their length.
const turning = (values, at) => values[(at + Math.floor(at / values.length)) % values.length];

export const fitsDigits = ({ height, width, C, K }) =>
  C === 1 && K === 1 && height.filter * width.filter <= 5 && height.output * width.output <= 9;

// { filter(r, s, c in its group, k), out_backprop(p, q, k) }. `given` are arrays of a case, nested as TensorFlow has them.
export const operandsOf = (geometry, given) => {
  if (given) {
    return { filter: (r, s, c, k) => given.filter[r][s][c][k], out_backprop: (p, q, k) => given.out_backprop[p][q][k] };
  }
  const { height, width, C, K, groups } = geometry;
  const filterAt = (r, s, c, k) => ((r * width.filter + s) * (C / groups) + c) * K + k;
  const sourceAt = (p, q, k) => (p * width.output + q) * K + k;
  if (fitsDigits(geometry)) {
    return { filter: (...index) => 10 ** filterAt(...index), out_backprop: (...index) => 1 + sourceAt(...index) };
  }
  return {
    filter: (...index) => turning(OF_FILTER, filterAt(...index)),
    out_backprop: (...index) => turning(OF_OUT_BACKPROP, sourceAt(...index)),
  };
};
