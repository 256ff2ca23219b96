/** 한국어: 서버 없이 열리는 페이지의 아래쪽. */

/** @type {Record<keyof typeof import("./proof.en.js").en, string>} */
export const ko = {
  "proof.checking": "torch와 비교하는 중 …",
  "proof.equal": "✓ torch와 같은 값",
  "proof.differs": "✗ {row} 층의 값이 torch와 다름",
  "proof.title": "이 페이지의 자체 검사",
  "proof.why": "이 페이지에는 입력과, torch가 그 입력으로 계산한 층마다의 값이 들어 있습니다. 이 기기가 같은 값을 다시 계산했습니다. 차이는 그 층에서 가장 큰 값에 대한 비율이며, 0.0001까지는 같다고 봅니다.",
  "proof.model": "모델",
  "proof.inputs": "입력",
  "proof.rows": "층",
  "proof.largest": "가장 큰 차이",
  "proof.at": "{row} 층에서 {difference}",
  "proof.verdict": "결과",
  "proof.same": "같음",
  "proof.other": "{row} 층이 {difference} 다름",
  "proof.digest": "가중치와 코드의 SHA-256입니다. 페이지를 열 때 확인했습니다. 이 값이 같은 두 페이지는 같은 페이지입니다.",
  "proof.close": "닫기",
};
