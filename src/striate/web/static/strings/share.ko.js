/** 한국어: 링크. */

/** @type {Record<keyof typeof import("./share.en.js").en, string>} */
export const ko = {
  "link.title": "지금 화면의 링크",
  "link.why": "이 주소를 열면 같은 화면이 나옵니다. 화면, 모델, 그림, 선택이 모두 들어 있습니다.",
  "link.copy": "링크 복사",
  "link.copied": "복사했습니다.",
  "link.not_copied": "복사하지 못했습니다. Ctrl+C(Mac에서는 ⌘C)를 누르십시오.",
  "link.long": "링크가 길어 QR 코드에 들어가지 않습니다. 링크를 복사하십시오.",
  "link.token": "토큰 포함: 링크를 가진 사람은 이 서버를 쓸 수 있습니다",
  "link.network": "같은 네트워크의 다른 사람이 이 화면을 여는 주소입니다.",
  "link.loopback": "이 컴퓨터에서만 열리는 주소입니다. 다른 사람도 열게 하려면 striate serve --host 0.0.0.0 --token TEXT로 시작하십시오.",
  "link.without.photo": "사진은 이 기기에만 있고 링크에는 들어가지 않습니다. 사진 위의 그림과 나머지는 들어 있습니다.",
  "link.without.table": "표가 길어 링크에 들어가지 않습니다. .toml 파일로 저장하십시오.",
};
