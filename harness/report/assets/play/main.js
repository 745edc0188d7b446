// The playground as a page of its own.

import { paced } from "./pace.js";
import { addressOf, fittedCase, firstSettings, sameCall, settingsFrom } from "./settings.js";
import { mistakeIn } from "./mistakes.js";
import { twoWays } from "./ways.js";

const begin = JSON.parse(document.getElementById("begin").textContent);

// A case's own numbers hold as long as its call is shown as it is.
const beginning = () => {
  if (!begin) return { settings: firstSettings() };
  const { settings, notes } = fittedCase(begin.geometry, begin.padding, begin.element);
  const given = begin.filter && !notes.length && { ...begin, fits: (now) => sameCall(now, settings) };
  return { settings: { ...settings, mistake: mistakeIn(begin.failure?.diagnosis)?.key ?? "" }, notes, given, failure: begin.failure && { ...begin.failure, settings } };
};

const own = beginning();
const said = () => location.hash.slice(1);
const page = twoWays({ ...own, settings: settingsFrom(said(), own.settings) },
  paced((settings) => history.replaceState(null, "", `#${addressOf(settings)}`)));
document.getElementById("playground").replaceChildren(page.element);
addEventListener("hashchange", () => page.show(settingsFrom(said(), own.settings)));
document.documentElement.classList.add("ready");
