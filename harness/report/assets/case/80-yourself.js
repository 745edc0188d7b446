// How to see it oneself: the command, the case as YAML, and a program for TensorFlow alone.

import { copyButton, h } from "../modules/dom.js";
import { caseSection } from "../modules/registry.js";

const block = (title, what, text) => h("div", { class: "take" },
  h("div", {}, h("h4", {}, title), copyButton(what, text)),
  h("pre", { tabindex: "0", role: "region", "aria-label": what }, text));

caseSection("See it yourself", ({ call, result }) => [
  block("Run it again", "Command", result.reproduce),
  block("The case in a file of its own; the operands depend on its name", "YAML", call.yaml),
  block("TensorFlow alone, with the operands of the accuracy run", "Program", call.program),
]);
