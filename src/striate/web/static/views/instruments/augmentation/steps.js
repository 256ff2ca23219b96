/** What a step of the augmentation drew for a picture, in words. */

import { formatNumber, t } from "../../../lib/i18n.js";

/** @import { AugmentationStep, Pair } from "../../../lib/types.d.ts" */

/** @param {number} value */
const signed = (value) => formatNumber(value, { signDisplay: "exceptZero", maximumFractionDigits: 1 });

/** @param {number} value */
const factor = (value) => formatNumber(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/**
 * @param {AugmentationStep} step
 * @param {Pair} size (height, width) of the picture from which parts are cut
 * @returns {string} empty for a step that did nothing
 */
export function describeStep({ kind, numbers }, size) {
  switch (kind) {
    case "RandomCrop":
    case "RandomResizedCrop":
      return t("augmentation.step.crop", { ...numbers, whole: size.join("×") });
    case "RandomTranslation":
      return t("augmentation.step.moved", { down: signed(numbers.down), right: signed(numbers.right) });
    case "HorizontalFlip":
      return numbers.flipped ? t("augmentation.step.flipped") : "";
    case "Rotation":
      return t("augmentation.step.rotated", { degrees: formatNumber(numbers.degrees, { maximumFractionDigits: 1 }) });
    case "Affine":
      return t("augmentation.step.affine", { width: factor(numbers.width), height: factor(numbers.height), shear: factor(numbers.shear) });
    case "Brightness":
      return t("augmentation.step.brightness", { factor: factor(numbers.factor) });
    case "PCAColour":
      return "red" in numbers
        ? t("augmentation.step.colour", { red: signed(numbers.red), green: signed(numbers.green), blue: signed(numbers.blue) }) : "";
    default:
      return "";
  }
}
