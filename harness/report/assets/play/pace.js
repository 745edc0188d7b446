// Writing often: at once, and then not again for a while. Browsers refuse addresses that change without pause.

const PAUSE = 350; // milliseconds

export const paced = (write) => {
  let waiting = null;
  let next = null;
  const flush = () => {
    waiting = null;
    if (next) [next, waiting] = [write(...next) ?? null, setTimeout(flush, PAUSE)];
  };
  return (...values) => {
    next = values;
    if (!waiting) flush();
  };
};
