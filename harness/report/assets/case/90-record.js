// What else the record holds.

import { name, table } from "../modules/dom.js";
import { short } from "../modules/numbers.js";
import { caseSection } from "../modules/registry.js";

caseSection("Record", ({ model, row, result }) => {
  const rows = [
    ...Object.entries(result.seconds ?? {}).filter(([, value]) => value !== null).map(([stage, value]) => [`seconds, ${stage}`, short(value)]),
    ["hash of the bits", model.value("bits", row)],
    ["kernel that ran", model.value("ran", row)],
    ["class of error", model.value("error", row)],
    ["arrays of the failing call", result.evidence],
    ["signal", model.value("signal", row)],
  ].filter(([, value]) => value);
  return rows.length > 0 && table(null, rows.map(([key, value]) => [name(key), name(value)]), { class: "facts", "aria-label": "Record" });
});
