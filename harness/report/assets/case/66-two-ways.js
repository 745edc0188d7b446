// Two ways, one sum, on this case: the playground, drawn when it is opened. Its state joins the address as `play`.

import { h } from "../modules/dom.js";
import { named } from "../modules/geometry.js";
import { caseSection } from "../modules/registry.js";
import { fragment } from "../modules/state.js";
import { mistakeIn } from "../play/mistakes.js";
import { paced } from "../play/pace.js";
import { PADDINGS, addressOf, fittedCase, sameCall, settingsFrom } from "../play/settings.js";
import { twoWays } from "../play/ways.js";

const NOT_ITS_OWN = "The numbers below are not those of the call.";
const played = () => new URLSearchParams(location.hash.slice(1)).get("play");
const keep = (settings) => history.replaceState(null, "", `${fragment({})}&play=${encodeURIComponent(addressOf(settings))}`);

// The element to start at, and what the kernel gave there: the worst one of a result that is wrong. `kept` are the
// numbers of the call that failed, where the page has them.
const startOf = ({ model, row, call, result }, kept) => {
  const { height, width } = call.geometry;
  const worst = result.checks.flatMap((check) => check.worst).find(({ index }) => index.length === 4);
  const who = { implementation: model.value("implementation", row), diagnosis: model.value("diagnosis", row) };
  if (kept) return { element: kept.element, failure: { ...who, returned: kept.returned, expected: kept.expected } };
  if (!worst) return { element: { h: height.input >> 1, w: width.input >> 1, c: 0 }, failure: null };
  const [, expected, returned] = worst.cells;
  return { element: named(worst.index, call.layout), failure: { ...who, returned, expected, more: NOT_ITS_OWN } };
};

caseSection("Two ways, one sum", (context) => {
  const { geometry, attributes } = context.call;
  if (!geometry || !(geometry.height.input * geometry.width.input * geometry.C * geometry.K)) return null;
  const kept = context.result.call ? JSON.parse(context.result.call) : null;
  const { element, failure } = startOf(context, kept);
  const said = attributes.find(({ name }) => name === "padding")?.value;
  const padding = PADDINGS.includes(said) ? said : "EXPLICIT";
  const { settings, notes } = fittedCase(geometry, padding, element);
  const given = kept && !notes.length && { ...kept, fits: (now) => sameCall(now, settings) };
  if (kept && !given) failure.more = NOT_ITS_OWN;
  const first = { ...settings, mistake: mistakeIn(failure?.diagnosis)?.key ?? "" };
  const room = h("div");
  const open = (from) => {
    if (!room.firstChild) room.append(twoWays({ settings: from, given, notes, failure: failure && { ...failure, settings } }, paced((now) => details.isConnected && details.open && keep(now))).element);
    keep(from);
  };
  const details = h("details", { class: "play", toggle: () => {
    if (details.open) open(played() ? settingsFrom(played(), first) : first);
    else history.replaceState(null, "", fragment({}));
  } }, h("summary", {}, "Step through this case: the loops, gather, and the rotated filter"), room);
  details.open = Boolean(played());
  return details;
});
