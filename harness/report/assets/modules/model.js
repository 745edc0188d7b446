// The records in memory: columns for the list, and details by row, read when they are asked for.

import { coded, readBlock, unpack } from "./blocks.js";
import { number } from "./numbers.js";

export const VERDICTS = {
  conforms: { symbol: "✓", words: "conforms" },
  deviates: { symbol: "≠", words: "deviates" },
  refuses: { symbol: "⊘", words: "refuses" },
  crashes: { symbol: "✖", words: "crashes" },
  times_out: { symbol: "…", words: "times out" },
  skipped: { symbol: "○", words: "skipped" },
};

export const loadModel = async () => {
  const list = await readBlock("list");
  const { cases, results, chunk } = list.counts;
  const caseOf = Int32Array.from(list.results.case);
  const columns = {};
  for (const [key, column] of Object.entries(list.cases)) {
    columns[key] = { ...coded(column, cases), ofCase: true };
  }
  for (const [key, column] of Object.entries(list.results)) {
    if (key !== "case" && key !== "margin" && key !== "seconds") columns[key] = coded(column, results);
  }
  const numbers = { margin: measures(list.results.margin, results), seconds: measures(list.results.seconds, results) };
  const model = { ...list, results, cases, caseOf, columns, numbers };
  const caseChunk = reader("cases", chunk, cases);
  const resultChunk = reader("results", chunk, results);
  model.folder = sharedFolder(columns.id.words);
  model.value = (key, row) => {
    const { words, at, ofCase } = columns[key];
    return words[at[ofCase ? caseOf[row] : row]];
  };
  model.is = (row, label) => model.value("is", row).split(" ").includes(label);
  model.key = (row) => {
    const run = list.runs.length > 1 ? `@${model.value("run", row)}` : "";
    return `${model.value("id", row)}::${model.value("implementation", row)}${run}`;
  };
  model.details = async (row) => ({ call: await caseChunk(caseOf[row]), result: await resultChunk(row) });
  model.siblings = (row) => siblings(model, row);
  return model;
};

const sharedFolder = (words) => {
  const [first, ...others] = words.map((id) => id ?? ""); // a run without results has none
  let folder = first.slice(0, first.split("::")[0].lastIndexOf("/") + 1);
  while (folder && others.some((id) => !id.startsWith(folder))) folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  return folder;
};

// No margin is NaN; a margin that is no number is worse than any.
const measures = (column, length) => Float64Array.from(unpack(column, length), (value) =>
  value === null ? NaN : value === "NaN" ? Infinity : number(value));

const reader = (kind, chunk, total) => {
  const held = new Map();
  return async (place) => {
    const at = Math.floor(place / chunk);
    if (!held.has(at)) {
      held.set(at, readBlock(`${kind}-${at}`).then((column) => unpack(column, Math.min(chunk, total - at * chunk))));
    }
    return (await held.get(at))[place % chunk];
  };
};

// All results of the same case, of every run.
const siblings = (model, row) => {
  const id = model.value("id", row);
  const found = [];
  for (let other = 0; other < model.results; other += 1) {
    if (model.value("id", other) === id) found.push(other);
  }
  return found;
};
