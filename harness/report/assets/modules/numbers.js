// Numbers as a person reads them. A record has "NaN" and "Infinity" as words.

export const number = (value) =>
  value === "NaN" ? NaN : value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value;

export const short = (value) => {
  if (value === null || value === undefined) return "";
  const real = number(value);
  if (!Number.isFinite(real)) return Number.isNaN(real) ? "nan" : real > 0 ? "inf" : "-inf";
  if (Number.isInteger(real) && Math.abs(real) < 1e6) return String(real);
  const size = Math.abs(real);
  return size >= 1e5 || size < 1e-3 ? real.toExponential(2).replace(/\.?0+e/, "e") : String(Number(real.toPrecision(3)));
};

export const count = (value) => value.toLocaleString("en");

export const counted = (value, thing) => `${count(value)} ${thing}${value === 1 ? "" : "s"}`;

// A share in words that never says all or nothing of what is not.
export const percent = (part, whole) => {
  if (!whole) return "";
  if (part === whole) return "100 %";
  if (!part) return "0 %";
  const rounded = Math.round((100 * part) / whole);
  return rounded >= 100 ? ">99 %" : rounded < 1 ? "<1 %" : `${rounded} %`;
};
