/** Dropout: thinned networks on one picture, the mean of their answers, and the one whole network. */

import { postPicture } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { currentPicture, state, watchModel } from "../../lib/state.js";
import { segments, slider } from "./controls.js";
import { answersTable } from "./dropout/answers.js";
import { unitsCanvas } from "./dropout/units.js";
import { MOST_RATE, settings } from "./dropout/state.js";
import { powerOfTen } from "../../lib/powers.js";

/** @import { DropoutResponse } from "../../lib/types.d.ts" */

const DRAWS = ["8", "32", "128", "1024"];

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  const networks = h("ol", { class: "networks" });
  const answers = h("div", { class: "answers" });
  const claims = h("ul", { class: "claims" });
  const where = h("p", { class: "muted" });
  const rate = slider({ id: "dropout-rate", label: t("dropout.rate"), format: (value) => formatNumber(value, { style: "percent" }),
    onInput: (value) => {
      settings.rate = value;
      void update();
    } });
  const draws = segments({ label: t("dropout.draws"), choices: DRAWS.map((number) => [number, formatNumber(Number(number))]),
    onChoose: (value) => {
      settings.draws = Number(value);
      draws.show(value);
      void update();
    } });
  const again = () => {
    settings.seed += 1;
    void update();
  };
  const stage = h("section", { class: "card main", "aria-label": t("dropout.stage"), "aria-busy": "true" },
    h("h2", {}, t("dropout.thinned")), networks, h("h2", {}, t("dropout.together")), answers, h("div", { role: "status" }, claims));

  const update = coalesce(async () => {
    stage.setAttribute("aria-busy", "true");
    try {
      const answer = await postPicture("instruments/dropout", currentPicture().blob, { model: state.model, ...settings });
      if (!unmounted) show(answer);
    } catch (error) {
      if (!unmounted) showError(error);
    }
    stage.setAttribute("aria-busy", "false");
  });

  /** @param {DropoutResponse} answer */
  function show(answer) {
    const { whole } = answer.answers;
    replaceChildren(networks, answer.networks.map(({ top }, i) => h("li", {},
      answer.rows.map((row) => unitsCanvas(row, i)),
      h("p", {}, h("strong", { class: top.index === whole.top.index ? null : "error" }, top.class), ` ${formatPercent(top.probability)}`),
      h("p", { class: "muted" }, answer.rows.map((row) => t("dropout.kept", { kept: row.counts[i], units: row.units })).join(", ")))));
    replaceChildren(answers, answersTable(answer));
    replaceChildren(claims, claimsOf(answer).map((claim) => h("li", {}, claim)));
    setText(where, answer.rows.map((row) => t("dropout.where", { path: row.path, units: formatNumber(row.units) })).join(" "));
  }

  replaceChildren(root, stage,
    h("section", { class: "card side", "aria-label": t("dropout.controls") },
      rate.element, h("div", { class: "stack" }, h("span", { class: "muted" }, t("dropout.draws")), draws.element),
      h("button", { on: { click: again } }, t("dropout.again"))),
    h("section", { class: "card side notes explanation", "aria-label": t("instruments.notes") }, where,
      h("p", { class: "muted" }, t("dropout.how")), h("p", {}, h("a", { href: "#draw" }, t("picture.other")))));
  root.classList.add("with-notes");
  rate.show(settings.rate, { min: 0, max: MOST_RATE, step: 0.05 });
  draws.show(String(settings.draws));
  const stopWatching = watchModel(() => void update());
  void update();
  return () => {
    unmounted = true;
    stopWatching();
  };
}

/** What the means show: what is exact, and what is about right. @param {DropoutResponse} answer */
function claimsOf({ exact, gaps, draws }) {
  const count = formatNumber(draws);
  return [
    t("dropout.claim.mean", { count, gap: points(gaps.arithmetic) }),
    t(exact ? "dropout.claim.exact" : "dropout.claim.deep", { count, gap: exact ? powerOfTen(gaps.geometric) : points(gaps.geometric) }),
    t("dropout.claim.sample", { count, gap: points(gaps.sample) }),
  ];
}

/** A difference of probabilities, in percentage points; a smaller one than is shown of a probability is no number. @param {number} gap */
const points = (gap) => (gap < 0.0005 ? t("dropout.less") : formatNumber(100 * gap, { maximumFractionDigits: 1 }));
