// One phone: status bar, conversation, input bar, and the sheets that open inside it.

import { drawCard } from "./card.js";
import { calm, dayWords, dismissable, h, icon, request, shanghai } from "./dom.js";
import { locationSheet } from "./map.js";
import { holdToTalk } from "./recorder.js";

const PAUSE_MS = 5 * 60e3;
const ROLES = { rep: "业务员", supervisor: "主管", director: "总监", admin: "管理员" };
const HUES = [212, 168, 28, 262, 340, 190, 12, 130];

export function avatar(person) {
  const hue = HUES[[...person.userid].reduce((sum, c) => sum + c.codePointAt(0), 0) % HUES.length];
  return h("span", { class: "avatar", style: `--hue:${hue}`, "aria-hidden": "true" }, [...person.name].slice(-2).join(""));
}

export class PhonePane {
  /** `world` is the shared state: people, screens, samples, places, menu, now(). */
  constructor(root, world, userid, onPerson) {
    this.root = root;
    this.world = world;
    this.nodes = new Map();
    this.last = null;
    this.build(userid, onPerson);
    this.show(userid);
  }

  // --- frame ---------------------------------------------------------------------------------------------------

  build(userid, onPerson) {
    const { world } = this;
    const option = (p) => h("option", { value: p.userid }, `${p.name} · ${ROLES[p.role] ?? p.role}${p.team ? ` · ${p.team}` : ""}`);
    this.chooser = h("select", { "aria-label": "这是谁的手机", "data-testid": "person", onchange: (e) => (this.show(e.target.value), onPerson?.(e.target.value)) }, world.people.map(option));
    this.chooser.value = userid;
    this.face = h("span", { class: "face" });
    this.time = h("time", {}, "");
    this.list = h("div", { class: "chat", "data-testid": "chat", role: "log", "aria-label": "消息", tabindex: "0" });
    this.stick = true;
    this.list.addEventListener("scroll", () => (this.stick = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40));
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.list);
    this.menuBar = h("div", { class: "menu-bar", hidden: true });
    this.tray = h("div", { class: "tray", hidden: true, "data-testid": "tray" });
    this.suggestions = h("div", { class: "suggestions", "aria-label": "示例录音" });
    this.screenEl = h("div", { class: "screen" });
    this.screenEl.append(
      h("div", { class: "status-bar", "aria-hidden": "true" }, this.time, h("span", { class: "signals" }, h("i", { class: "bars4" }), h("i", { class: "battery" }))),
      h("div", { class: "nav-bar" }, h("b", {}, world.appName), h("small", {}, "应用")),
      this.list, this.suggestions, this.menuBar, this.composer(), this.tray);
    this.root.replaceChildren(
      h("label", { class: "chooser" }, this.face, this.chooser),
      h("div", { class: "phone" }, this.screenEl));
    this.drawMenu();
  }

  composer() {
    this.input = h("input", { type: "text", class: "text", "data-testid": "input-text", placeholder: "发消息…", "aria-label": "消息", autocomplete: "off", maxLength: 2000, enterKeyHint: "send" });
    this.sendButton = h("button", { type: "submit", class: "send", "data-testid": "send", hidden: true }, "发送");
    this.talk = h("button", { type: "button", class: "talk", "data-testid": "hold-to-talk", "aria-label": "按住说话，松开发送" }, icon("mic"), h("span", {}, "按住说话"));
    this.more = h("button", { type: "button", class: "round", "data-testid": "more", "aria-label": "录音文件、照片、位置", "aria-expanded": "false", onclick: () => this.toggleTray() }, icon("plus"));
    this.input.addEventListener("input", () => this.syncComposer());
    holdToTalk(this.talk, this.screenEl, (blob) => this.post("voice", { blob }));
    return h("form", { class: "composer", onsubmit: (e) => (e.preventDefault(), this.sendText()) }, this.more, this.input, this.sendButton, this.talk);
  }

  syncComposer() {
    const writing = this.input.value.trim() !== "";
    this.sendButton.hidden = !writing;
    this.talk.hidden = writing;
  }

  show(userid) {
    this.userid = userid;
    this.person = this.world.people.find((p) => p.userid === userid);
    this.chooser.value = userid;
    this.face.replaceChildren(avatar(this.person));
    this.list.replaceChildren(this.welcome());
    this.nodes.clear();
    this.last = null;
    for (const item of this.world.screens[userid] ?? []) this.upsert(item, true);
    this.toEnd();
    this.closeSheet();
    this.drawTray();
    this.drawSuggestions();
    if (!(this.world.screens[userid] ?? []).length) this.post("open");
  }

  welcome() {
    return h("p", { class: "welcome" }, this.person.role === "rep" ? `${this.person.name}，拜访完说一段话就行。` : `提醒和红旗会出现在这里。`);
  }

  tick() {
    this.time.textContent = shanghai(this.world.now()).time;
  }

  post(what, options) {
    return request(`phones/${encodeURIComponent(this.userid)}/${what}`, options);
  }

  // --- conversation --------------------------------------------------------------------------------------------

  /** Draw a new item at the end, or a known one again in its place. */
  upsert(item, quiet = false) {
    const known = this.nodes.get(item.id);
    const node = this.drawItem(item);
    const follow = this.stick || (item.mine && !known);
    this.nodes.set(item.id, node);
    if (known) {
      known.replaceWith(node);
      if (item.kind === "card" && item.card.updates && !item.card.pressed && !calm()) node.classList.add("flash");
    } else {
      this.separate(item);
      this.list.append(node);
      if (!quiet) node.classList.add("fresh");
    }
    if (follow && !quiet) this.toEnd();
    if (item.mine) this.suggestions.replaceChildren();
  }

  separate(item) {
    const before = this.last;
    this.last = item;
    const newDay = !before || shanghai(before.at).key !== shanghai(item.at).key;
    if (!newDay && new Date(item.at) - new Date(before.at) < PAUSE_MS) return;
    const { time } = shanghai(item.at);
    this.list.append(h("p", { class: "when" }, newDay ? `${dayWords(item.at)} ${time}` : time));
  }

  drawItem(item) {
    if (item.kind === "notice") return h("p", { class: "when" }, item.text);
    const side = item.mine ? "mine" : "theirs";
    const who = item.mine ? avatar(this.person) : h("span", { class: "avatar app", "aria-hidden": "true" }, icon("flag"));
    return h("div", { class: `message ${side}`, "data-testid": `message-${side}`, "data-kind": item.kind }, who, this.content(item));
  }

  content(item) {
    const media = `/sandbox/api/phones/${encodeURIComponent(this.userid)}/media/${item.id}`;
    switch (item.kind) {
      case "card":
        return drawCard(item, (key, selected) => this.tap(item, key, selected), (url) => this.openUrl(url));
      case "voice":
        return voiceBubble(item, media);
      case "photo":
        return h("button", { class: "bubble picture", "aria-label": "看大图", onclick: () => lightbox(media) }, h("img", { src: media, alt: "照片", onload: () => this.stick && this.toEnd() }));
      case "location":
        return h("div", { class: "bubble place" }, h("b", {}, item.text || "位置"), h("div", { class: "place-map", "aria-hidden": "true" }, icon("pin")));
      default:
        return h("div", { class: "bubble" }, linked(item.text, (url) => this.openUrl(url)));
    }
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.stick = true;
  }

  async sendText() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.syncComposer();
    this.input.focus();
    if (!(await this.post("text", { body: { text } }))) this.input.value = text;
    this.syncComposer();
  }

  async tap(item, key, selected) {
    const answer = await this.post("tap", { body: { item: item.id, key, selected } });
    if (answer?.url) this.openUrl(answer.url);
    setTimeout(() => this.nodes.get(item.id)?.querySelectorAll(".waiting").forEach((b) => b.classList.remove("waiting")), 8000);
  }

  /** Put words into the input for the person to send or change. */
  suggest(text) {
    this.closeSheet();
    this.input.value = text;
    this.syncComposer();
    this.input.focus();
  }

  // --- sheets and tray -----------------------------------------------------------------------------------------

  openUrl(url) {
    const safe = /^https?:\/\//.test(url);
    const frame = safe
      ? h("iframe", { src: url, title: "应用页面", allow: "geolocation; microphone; camera", sandbox: "allow-scripts allow-forms allow-same-origin allow-popups allow-downloads" })
      : h("p", { class: "welcome" }, "这个链接打不开。");
    this.openSheet(h("div", { class: "sheet", role: "dialog", "aria-label": "网页", "data-testid": "web-sheet" },
      h("header", {}, h("button", { "aria-label": "关闭", "data-testid": "sheet-close", onclick: () => this.closeSheet() }, icon("close")),
        h("b", { title: safe ? new URL(url).host : "" }, this.world.appName),
        safe ? h("a", { href: url, target: "_blank", rel: "noopener", "aria-label": "在浏览器里打开" }, icon("out")) : h("span", {})),
      frame));
  }

  openMap() {
    this.openSheet(locationSheet(this.world.places, this.userid, {
      onClose: () => this.closeSheet(),
      onSend: async (point) => {
        this.closeSheet();
        await this.post("location", { body: point });
      },
    }));
  }

  openSheet(el) {
    this.closeSheet();
    this.toggleTray(false);
    this.sheet = el;
    this.screenEl.append(el);
    el.addEventListener("keydown", (e) => e.key === "Escape" && this.closeSheet());
    el.querySelector("button")?.focus();
  }

  closeSheet() {
    this.sheet?.remove();
    this.sheet = null;
  }

  toggleTray(open = this.tray.hidden) {
    this.tray.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
  }

  drawTray() {
    const file = (testid, accept, what) => h("input", { type: "file", accept, class: "unseen", "data-testid": testid, onchange: async (e) => {
      const [chosen] = e.target.files;
      e.target.value = "";
      this.toggleTray(false);
      if (chosen) await this.post(what, { blob: chosen });
    } });
    const tile = (glyph, words, input) => h("label", { class: "tile" }, h("span", {}, icon(glyph)), words, input);
    const { samples } = this.world;
    this.tray.replaceChildren(
      h("div", { class: "tiles" },
        tile("file", "录音文件", file("voice-file", "audio/*,.amr", "voice")),
        tile("photo", "照片", file("photo-file", "image/jpeg,image/png", "photo")),
        h("button", { type: "button", class: "tile", "data-testid": "open-map", onclick: () => this.openMap() }, h("span", {}, icon("pin")), "位置")),
      this.sampleRow("示例照片", samples.filter((s) => s.kind === "photo"), (s) => h("img", { src: `/sandbox/api/samples/${s.index}`, alt: s.title, loading: "lazy" }), "sample-photo"),
      this.sampleRow("示例录音", samples.filter((s) => s.kind === "voice"), (s) => [icon("play"), s.title], "sample-voice"));
  }

  sampleRow(title, samples, face, testid) {
    if (!samples.length) return "";
    return h("div", { class: `samples ${testid}` }, h("h4", {}, title), h("div", {}, samples.map((s) =>
      h("button", { type: "button", title: s.hint || s.title, "data-testid": testid, onclick: () => (this.toggleTray(false), this.post("sample", { body: { index: s.index } })) }, face(s)))));
  }

  drawSuggestions() {
    const begun = (this.world.screens[this.userid] ?? []).some((i) => i.mine);
    const voices = this.world.samples.filter((s) => s.kind === "voice");
    const offer = this.person.role === "rep" && !begun && voices.length;
    this.suggestions.replaceChildren(...(offer ? [h("span", {}, "按住右下角说话，或点一段示例录音："), ...voices.map((s) =>
      h("button", { type: "button", "data-testid": "sample-clip", onclick: () => this.post("sample", { body: { index: s.index } }) }, icon("play"), h("span", {}, h("b", {}, s.title), s.hint && h("small", {}, `“${s.hint}”`))))] : []));
  }

  drawMenu() {
    const { menu } = this.world;
    this.menuBar.hidden = !menu.length;
    this.menuBar.replaceChildren(...menu.map((entry) => this.menuEntry(entry)));
  }

  menuEntry(entry) {
    const run = (one) => (one.type === "view" ? this.openUrl(one.url) : this.post("menu", { body: { key: one.key } }));
    if (!entry.sub_button?.length) return h("button", { type: "button", onclick: () => run(entry) }, entry.name);
    const list = h("div", { class: "popover up", role: "menu", hidden: true });
    const box = h("div", { class: "menu-box" });
    let stop = null;
    const close = () => ((list.hidden = true), stop?.());
    const toggle = () => (list.hidden ? ((list.hidden = false), (stop = dismissable(box, close))) : close());
    list.append(...entry.sub_button.map((one) => h("button", { role: "menuitem", onclick: () => (close(), run(one)) }, one.name)));
    box.append(h("button", { type: "button", "aria-haspopup": "menu", onclick: toggle }, entry.name), list);
    return box;
  }
}

function voiceBubble(item, media) {
  const seconds = Math.max(1, Math.round(item.seconds));
  const button = h("button", { class: "bubble voice", style: `--len:${Math.min(60, seconds)}`, "aria-label": `语音 ${seconds} 秒，点一下播放` }, icon("wave"), h("span", {}, `${seconds}″`));
  let sound = null;
  button.addEventListener("click", () => {
    if (sound) return sound.pause();
    sound = new Audio(media);
    button.classList.add("playing");
    sound.onpause = sound.onended = sound.onerror = () => {
      button.classList.remove("playing");
      sound = null;
    };
    sound.play().catch(() => sound?.onerror());
  });
  return button;
}

function linked(text, open) {
  const out = h("span", {});
  const pattern = /<a href="(https?:[^"]+)">([^<]*)<\/a>|(https?:\/\/[^\s，。）)]+)/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const url = match[1] ?? match[3];
    out.append(text.slice(from, match.index), h("a", { href: url, onclick: (e) => (e.preventDefault(), open(url)) }, match[2] ?? url));
    from = match.index + match[0].length;
  }
  out.append(text.slice(from));
  return out;
}

function lightbox(src) {
  const dialog = document.getElementById("lightbox");
  dialog.querySelector("img").src = src;
  dialog.onclick = () => dialog.close();
  dialog.showModal();
}
