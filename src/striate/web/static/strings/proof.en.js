/** English, of the foot of a page that carries its own backend. */

export const en = {
  "proof.checking": "Comparing with torch …",
  "proof.equal": "✓ As torch computes it",
  "proof.differs": "✗ Row {row} differs from torch",
  "proof.title": "This page checks itself",
  "proof.why": "The page carries inputs, and numbers that torch computed from them in every row. This device has computed them again. A difference is given as a part of the row's largest number; up to 0.0001 counts as equal.",
  "proof.model": "Model",
  "proof.inputs": "Inputs",
  "proof.rows": "Rows",
  "proof.largest": "Largest difference",
  "proof.at": "{difference} in row {row}",
  "proof.verdict": "Verdict",
  "proof.same": "equal",
  "proof.other": "row {row} differs by {difference}",
  "proof.digest": "SHA-256 of weights and code, which were checked when the page was opened. Two pages with the same digest are the same:",
  "proof.close": "Close",
};
