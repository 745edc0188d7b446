// Reads what `columns.py` packed: base64, gzip, JSON, columns.

export const readBlock = async (block) => {
  const letters = atob(document.getElementById(`block-${block}`).textContent);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
};

// The values of a column.
export const unpack = (column, length) => {
  if (column === null) return new Array(length).fill(null);
  if (Array.isArray(column)) return column;
  if (column.words) return column.at.map((place) => column.words[place]);
  if (column.keys) return unpackMappings(column, length);
  const items = unpack(column.items, unpack(column.lengths, length).reduce((sum, one) => sum + one, 0));
  let start = 0;
  return unpack(column.lengths, length).map((one) => items.slice(start, (start += one)));
};

const unpackMappings = ({ keys, has }, length) => {
  const present = has ? has.reduce((sum, one) => sum + one, 0) : length;
  const columns = Object.entries(keys).map(([key, column]) => [key, unpack(column, present)]);
  const rows = Array.from({ length: present }, (_, at) =>
    Object.fromEntries(columns.map(([key, values]) => [key, values[at]])));
  if (!has) return rows;
  let next = 0;
  return has.map((one) => (one ? rows[next++] : null));
};

// A column by its distinct values: a test of each word then answers for every row.
export const coded = (column, length) => {
  if (column === null) return { words: [null], at: new Int32Array(length) };
  if (column.words) return { words: column.words, at: Int32Array.from(column.at) };
  const places = new Map();
  const at = Int32Array.from(column, (value) => {
    if (!places.has(value)) places.set(value, places.size);
    return places.get(value);
  });
  return { words: [...places.keys()], at };
};
