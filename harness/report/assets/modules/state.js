// What is looked at, in the URL's fragment: a view can be sent to someone, and Back goes back.

const listeners = [];

export const state = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  return { q: given.get("q") ?? "", sort: given.get("sort") ?? "", open: given.get("open") ?? "" };
};

export const fragment = (changes) => {
  const next = Object.entries({ ...state(), ...changes }).filter(([, value]) => value);
  return `#${new URLSearchParams(next)}`;
};

// `keep` makes a step that Back undoes.
export const setState = (changes, { keep = false } = {}) => {
  const next = fragment(changes);
  if (next === location.hash || (next === "#" && !location.hash)) return;
  history[keep ? "pushState" : "replaceState"](null, "", next);
  changed();
};

export const onState = (listener) => listeners.push(listener);

export const changed = () => listeners.forEach((listener) => listener(state()));

addEventListener("hashchange", changed);
addEventListener("popstate", changed);

// An address that shows what a query finds.
export const showing = (q) => fragment({ q, open: "" });
