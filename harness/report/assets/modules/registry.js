// What the page is made of. A file in `panels` or in `case` calls one of these, and that is all it takes to add it.

export const panels = [];
export const caseSections = [];

// `draw(model)` returns what stands under the title, or null for nothing at all; `place` is `beside`
// the totals, `above` the list or `below` it.
export const panel = (id, title, draw, { place = "above" } = {}) => panels.push({ id, title, draw, place });

// `draw(context)` returns a section of an opened case, or null. The context: `{ model, row, call, result, siblings,
// point(index), onPoint(listener) }`; to point is to choose an element of in_backprop, `{ n, h, w, c }`.
export const caseSection = (title, draw) => caseSections.push({ title, draw });
