// `dtype:bfloat16 strides:2 verdict:deviates -tf-xla margin:>0.9`: every term must hold; a comma means either.

const ALIASES = { impl: "implementation", type: "dtype", data_format: "layout", group: "groups" };
const NUMERIC = ["margin", "seconds"];
const PARTIAL = ["file", "error", "ran", "why", "diagnosis", "id", "bits"];
const TEXTS = ["id", "implementation", "why", "diagnosis"];

export const parse = (text, keys) => (text.match(/-?[a-z_]*:?"[^"]*"|\S+/gi) ?? []).map((token) => {
  const negated = token.length > 1 && token.startsWith("-");
  const plain = token.slice(negated ? 1 : 0);
  const [, written, value] = /^([a-z_]+):(?!:)(.+)$/i.exec(plain) ?? [];
  const key = written && (ALIASES[written.toLowerCase()] ?? written.toLowerCase());
  if (key && (keys.has(key) || NUMERIC.includes(key))) return { negated, key, value: unquoted(value) };
  return { negated, key: "", value: unquoted(plain) };
});

const unquoted = (text) => text.replace(/^"|"$/g, "").toLowerCase();

// Rows that a query finds, in order.
export const matching = (model, text) => {
  const found = new Uint8Array(model.results).fill(1);
  for (const term of parse(text, new Set(Object.keys(model.columns)))) {
    const holds = tester(model, term);
    for (let row = 0; row < found.length; row += 1) {
      if (found[row] && holds(row) === term.negated) found[row] = 0;
    }
  }
  return found;
};

const tester = (model, { key, value }) => {
  if (NUMERIC.includes(key)) {
    const accepts = range(value);
    return (row) => accepts(model.numbers[key][row]);
  }
  if (key) return columnTest(model, key, wordTest(key, value));
  const tests = TEXTS.map((one) => columnTest(model, one, (word) => word.includes(value)));
  return (row) => tests.some((test) => test(row));
};

const columnTest = ({ columns, caseOf }, key, accepts) => {
  const { words, at, ofCase } = columns[key];
  const verdicts = words.map((word) => word !== null && accepts(String(word).toLowerCase()));
  return ofCase ? (row) => verdicts[at[caseOf[row]]] : (row) => verdicts[at[row]];
};

const wordTest = (key, value) => {
  const choices = value.split(",").filter(Boolean).map((choice) => {
    if (PARTIAL.includes(key)) return (word) => word.includes(choice);
    if (!choice.includes("*")) return (word) => word === choice || word.split(" ").includes(choice);
    const pattern = new RegExp(`^${choice.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&")).join(".*")}$`);
    return (word) => pattern.test(word);
  });
  return (word) => choices.some((test) => test(word));
};

// `0.5..0.9` has its lower end and not its upper one, so that neighbours share nothing.
const range = (value) => {
  const between = /^([\d.e+-]+)\.\.([\d.e+-]+|inf)$/.exec(value);
  if (between) {
    const [low, high] = [Number(between[1]), between[2] === "inf" ? Infinity : Number(between[2])];
    return (real) => real >= low && (real < high || high === Infinity);
  }
  const [, sign, digits] = /^(<=|>=|<|>|=?)(.+)$/.exec(value);
  const limit = Number(digits);
  const tests = {
    "<": (real) => real < limit,
    "<=": (real) => real <= limit,
    ">": (real) => real > limit,
    ">=": (real) => real >= limit,
  };
  return tests[sign] ?? ((real) => real === limit);
};

// A term for a value; one with spaces or signs of its own is quoted.
export const term = (key, value) => `${key}:${/^[\w.+*<>=-]+$/.test(value) ? value : `"${value}"`}`;

// Of several runs the last one is what is counted; where there is one, nothing is said.
export const ofLastRun = (model) => (model.runs.length > 1 ? term("run", model.runs.at(-1)) : "");
