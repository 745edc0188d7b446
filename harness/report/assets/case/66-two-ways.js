// Two ways, one sum, on this case: the playground, drawn when it is opened. Its state joins the address as `play`.

import { h } from "../modules/dom.js";
import { named } from "../modules/geometry.js";
import { caseSection } from "../modules/registry.js";
import { fragment } from "../modules/state.js";
import { mistakeIn } from "../play/mistakes.js";
import { paced } from "../play/pace.js";
import { PADDINGS, addressOf, fittedCase, settingsFrom } from "../play/settings.js";
import { twoWays } from "../play/ways.js";

const played = () => new URLSearchParams(location.hash.slice(1)).get("play");
const keep = (settings) => history.replaceState(null, "", `${fragment({})}&play=${encodeURIComponent(addressOf(settings))}`);

// The element to start at, and what the kernel gave there: the worst one of a result that is wrong.
const startOf = ({ model, row, call, result }) => {
  const { height, width } = call.geometry;
  const worst = result.checks.flatMap((check) => check.worst).find(({ index }) => index.length === 4);
  if (!worst) return { element: { h: height.input >> 1, w: width.input >> 1, c: 0 }, failure: null };
  const [, expected, returned] = worst.cells;
  return { element: named(worst.index, call.layout), failure: { implementation: model.value("implementation", row), expected, returned,
    diagnosis: model.value("diagnosis", row), more: "The numbers below are the playground's."
      + (result.evidence ? ` For those of the call: harness explain '${model.value("id", row)}' --html --evidence ${result.evidence}` : "") } };
};

caseSection("Two ways, one sum", (context) => {
  const { geometry, attributes } = context.call;
  if (!geometry || !(geometry.height.input * geometry.width.input * geometry.C * geometry.K)) return null;
  const { element, failure } = startOf(context);
  const said = attributes.find(({ name }) => name === "padding")?.value;
  const padding = PADDINGS.includes(said) ? said : "EXPLICIT";
  const { settings, notes } = fittedCase(geometry, padding, element);
  const first = { ...settings, mistake: mistakeIn(failure?.diagnosis)?.key ?? "" };
  const room = h("div");
  const open = (from) => {
    if (!room.firstChild) room.append(twoWays({ settings: from, notes, failure }, paced((now) => details.isConnected && details.open && keep(now))).element);
    keep(from);
  };
  const details = h("details", { class: "play", toggle: () => {
    if (details.open) open(played() ? settingsFrom(played(), first) : first);
    else history.replaceState(null, "", fragment({}));
  } }, h("summary", {}, "Step through this case: the loops, gather, and the rotated filter"), room);
  details.open = Boolean(played());
  return details;
});
