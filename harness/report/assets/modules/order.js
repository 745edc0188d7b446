// The order of rows: by a column, by a number, or as they matter.

// What is not as expected comes first, then what is known, then what is doubtful, then the rest.
const RANKS = ["not-as-expected", "known-deviation", "warning", "as-expected"];

// Sorts rows of a model by a column's name, with a minus from the last to the first; by rank where there is none.
export const sorter = (model) => {
  const ranks = Uint8Array.from({ length: model.results }, (_, row) => RANKS.findIndex((label) => model.is(row, label)));
  return (rows, sort) => {
    const down = sort.startsWith("-");
    const key = sort.replace("-", "");
    if (model.numbers[key]) return rows.sort(byNumber(model.numbers[key], down));
    if (model.columns[key]) return rows.sort(byWord(model, key, down));
    return RANKS.flatMap((_, rank) => rows.filter((row) => ranks[row] === rank));
  };
};

const byWord = ({ columns, caseOf }, key, down) => {
  const { words, at, ofCase } = columns[key];
  const places = words.map((word, place) => [String(word ?? ""), place])
    .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const order = new Int32Array(words.length);
  places.forEach(([, place], after) => { order[place] = down ? -after : after; });
  const of = ofCase ? (row) => order[at[caseOf[row]]] : (row) => order[at[row]];
  return (a, b) => of(a) - of(b) || a - b;
};

// What has no number comes last either way.
const byNumber = (values, down) => (a, b) => {
  const [one, other] = [values[a], values[b]];
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other) || a - b;
  if (one === other) return a - b;
  return (one < other) === down ? 1 : -1;
};
