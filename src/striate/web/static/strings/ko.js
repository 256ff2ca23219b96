/** 한국어. */

/** @type {Record<keyof typeof import("./en.js").en, string>} */
export const ko = {
  "page.skip": "본문으로",
  "page.views": "보기",
  "page.model": "모델",
  "page.language": "언어",
  "view.draw": "그리기",
  "view.layers": "층",
  "view.stress": "변형",
  "view.table": "표",
  "view.train": "학습",
  "view.filters": "필터",
  "view.cortex": "시각 피질",
  "view.why": "이유",
  "hint.draw": "그리면서 신경망이 무엇으로 보는지 확인",
  "hint.layers": "모든 층의 특성 맵과 유닛 하나의 계산",
  "hint.stress": "이동, 크기, 회전, 두께, 노이즈",
  "hint.table": "직접 고칠 수 있는 신경망 표",
  "hint.train": "내 데이터로 표를 학습",
  "hint.filters": "사람이 만든 커널을 아무 그림에나",
  "hint.cortex": "허블과 비셀의 막대 실험",
  "hint.why": "그림의 어느 부분이 답의 근거인지",
  "token.title": "이 서버는 토큰이 필요합니다",
  "token.label": "서버를 시작할 때 정한 토큰",
  "token.send": "계속",
  "bars.label": "신경망의 판단",
  "maps.identity": "지름길: 입력 그대로",
  "maps.more": "외 {count}개",
  "maps.units": "{path}: 유닛 {count}개",
  "maps.map": "{path}, 맵 {map}",
  "pad.label": "그림판",
  "pad.clear": "지우기",
  "pad.photo": "사진…",
  "pad.pen": "펜",
  "pad.samples": "예시",
  "pad.sample": "{digit} 그리기",
  "pad.hint": "마우스, 손가락, 펜으로 그리거나 사진을 붙여 넣거나 끌어다 놓으세요.",
  "pad.name": "그린 그림",
  "pad.unreadable": "{name}: 브라우저가 그림으로 읽을 수 없는 파일입니다",
  // draw
  "draw.seen": "신경망이 보는 것",
  "draw.seen.why": "그린 그림을 표의 입력에 맞춘 것: 글자를 찾아 크기를 맞추고 가운데에 놓습니다.",
  "draw.empty": "무언가 그려 보세요.",
  "draw.verdict": "{class}, 확률 {share}",
  "draw.maps": "층별로 보기",
  "draw.maps.why": "주황은 0보다 큰 값, 파랑은 작은 값, 검정은 0입니다.",
  "draw.more": "층 화면에서 자세히 보기",
  // layers
  // stress
  // table
  // train
  // filters
  // cortex
  // why
};
