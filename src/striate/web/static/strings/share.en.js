/** English, of the link to what is shown. */

export const en = {
  "link.title": "Link to what you see",
  "link.why": "Whoever opens this address sees the same: view, model, picture and choices.",
  "link.copy": "Copy link",
  "link.copied": "Copied.",
  "link.not_copied": "Not copied: press Ctrl+C (on a Mac ⌘C).",
  "link.long": "The link is too long for a QR code. Copy it instead.",
  "link.token": "With the token: whoever has the link may use this server",
  "link.network": "This is the address at which others on the network reach this page.",
  "link.loopback": "Only this computer reaches this address. For others, start striate serve --host 0.0.0.0 --token TEXT.",
  "link.without.photo": "Your photo is not in the link: it stays on this device. The drawing on it and all else is.",
  "link.without.table": "This table is too long for a link: save it as .toml.",
};
