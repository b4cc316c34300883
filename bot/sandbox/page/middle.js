// The column between the phones: the sandbox clock and the guided story.

import { calm, h, icon, request, shanghai, toast } from "./dom.js";

const DAY_MS = 86400e3;
const GLIDE_MS = 900;

/** The shared reading of the virtual clock; glides when it jumps. */
export class Reading {
  constructor(view) {
    this.glide = null;
    this.set(view);
  }

  set(view) {
    const before = this.at === undefined ? null : this.now();
    this.at = Date.parse(view.now);
    this.seen = performance.now();
    this.view = view;
    const leap = before === null ? 0 : Math.abs(this.at - before);
    this.glide = leap > 2000 && !calm() ? { from: before, started: this.seen, ms: view.to ? 250 : GLIDE_MS } : null;
  }

  /** True virtual time in milliseconds. */
  exact() {
    return this.at + (performance.now() - this.seen) * this.view.rate;
  }

  /** What the display shows: on its way while gliding. */
  now() {
    const exact = this.exact();
    if (!this.glide) return exact;
    const part = (performance.now() - this.glide.started) / this.glide.ms;
    if (part >= 1) return (this.glide = null), exact;
    return this.glide.from + (exact - this.glide.from) * (1 - (1 - part) ** 3);
  }

  get progress() {
    const { from, to } = this.view;
    if (!to) return null;
    return Math.min(1, Math.max(0, (this.now() - Date.parse(from)) / (Date.parse(to) - Date.parse(from))));
  }
}

export class ClockCard {
  constructor(reading) {
    this.reading = reading;
    this.time = h("span", { class: "clock-time" });
    this.seconds = h("span", { class: "clock-seconds", "aria-hidden": "true" });
    this.date = h("p", { class: "clock-date" });
    this.week = h("ol", { class: "week", "aria-hidden": "true" });
    this.bar = h("div", { class: "progress", role: "progressbar", "aria-label": "快进进度", hidden: true }, h("i", {}));
    this.words = h("p", { class: "clock-words", role: "status" });
    this.until = h("input", { type: "datetime-local", "aria-label": "快进到哪一刻", "data-testid": "clock-until" });
    const forward = (words, seconds, testid, main) =>
      h("button", { class: main ? "primary" : "", "data-testid": testid, onclick: () => request("clock", { body: { seconds } }) }, words);
    this.buttons = h("div", { class: "clock-buttons" },
      forward("+1 小时", 3600, "clock-plus-1h"), forward("+1 天", 86400, "clock-plus-1d"), forward("+8 天", 8 * 86400, "clock-plus-8d", true));
    const go = h("form", { class: "clock-until", onsubmit: (e) => (e.preventDefault(), this.goUntil()) }, this.until, h("button", {}, "前往"));
    this.details = h("details", {}, h("summary", {}, "快进到…"), go);
    this.details.addEventListener("toggle", () => (this.until.value = shanghai(this.reading.exact() + DAY_MS).local.slice(0, 11) + "08:30"));
    this.el = h("section", { class: "panel clock", "aria-label": "沙箱时钟" },
      h("h2", {}, "沙箱时钟"),
      h("p", { class: "clock-face", "data-testid": "clock-now" }, this.time, this.seconds),
      this.date, this.week, this.buttons, h("div", { class: "clock-foot" }, this.bar, this.words, this.details));
  }

  async goUntil() {
    if (!this.until.value) return toast("先选一个时间。");
    await request("clock", { body: { to: `${this.until.value}:00+08:00` } });
  }

  draw() {
    const now = this.reading.now(), s = shanghai(now), part = this.reading.progress;
    this.time.textContent = s.time;
    this.seconds.textContent = s.seconds;
    this.date.textContent = `${s.year}年${s.month}月${s.day}日 星期${s.weekday}`;
    this.drawWeek(s.key);
    const moving = part !== null;
    for (const button of this.buttons.children) button.disabled = moving;
    this.bar.hidden = !moving;
    this.details.hidden = moving;
    this.words.textContent = moving ? "快进中：途中到点的提醒一条条照常发出…" : "";
    if (moving) {
      this.bar.firstChild.style.width = `${part * 100}%`;
      this.bar.setAttribute("aria-valuenow", String(Math.round(part * 100)));
    }
  }

  drawWeek(today) {
    if (this.drawn === today) return;
    this.drawn = today;
    const start = Date.parse(this.reading.view.start);
    const shown = Math.max(start, Date.parse(`${today}T00:00:00+08:00`) - 8 * DAY_MS);
    this.week.replaceChildren(...Array.from({ length: 9 }, (_, n) => {
      const day = shanghai(shown + n * DAY_MS);
      return h("li", { class: day.key === today ? "today" : day.key < today ? "past" : "" }, h("small", {}, day.weekday), h("b", {}, String(day.day)));
    }));
  }
}

const STEPS = [
  ["按住说话，或点一段示例录音", "在业务员的手机上，像发语音一样"],
  ["看卡片，点一下确认", "五个字段已经填好，有疑问的会问你"],
  ["发照片和位置", "点输入框左边的 ＋，它们会归到这次拜访"],
  ["快进 8 天，看红旗", "没有跟进的商机，主管的手机会响"],
];

export class StoryCard {
  constructor() {
    this.steps = STEPS.map(([title, hint], n) => h("li", { "data-testid": `story-${n + 1}` }, h("i", { "aria-hidden": "true" }, String(n + 1)), h("div", {}, h("b", {}, title), h("small", {}, hint)), h("span", { class: "unseen" })));
    this.end = h("p", { class: "story-end", hidden: true }, "走完一遍了。换个人再试，或打开“幕后”看往来。");
    this.el = h("section", { class: "panel story", "aria-label": "一分钟走一遍" }, h("h2", {}, "一分钟走一遍"), h("ol", {}, this.steps), this.end);
  }

  /** Tick off what has been done, from what the screens show. */
  draw(screens, people, leapt) {
    const reps = new Set(people.filter((p) => p.role === "rep").map((p) => p.userid));
    const items = (rep) => Object.entries(screens).flatMap(([userid, list]) => (reps.has(userid) === rep ? list : []));
    const mine = items(true).filter((i) => i.mine);
    const sent = (kind) => mine.some((i) => i.kind === kind);
    const cards = items(true).filter((i) => i.kind === "card");
    const red = items(false).some((i) => i.card?.body.source?.desc_color === 2);
    const done = [sent("voice") || sent("text"), cards.some((i) => i.card.updates > 0), sent("photo") && sent("location"), leapt && red];
    const next = done.indexOf(false);
    this.end.hidden = next >= 0;
    for (const [n, step] of this.steps.entries()) {
      step.className = done[n] ? "done" : n === next ? "next" : "";
      step.firstChild.replaceChildren(done[n] ? icon("check") : String(n + 1));
      step.lastChild.textContent = done[n] ? "已完成" : "";
    }
  }
}

/** Sentences to try, put into the rep's input when pressed. */
export function phrasesCard(phrases, suggest) {
  if (!phrases.length) return "";
  return h("section", { class: "panel phrases", "aria-label": "还可以这样说" }, h("h2", {}, "还可以这样说"),
    h("div", {}, phrases.map((words) => h("button", { "data-testid": "phrase", onclick: () => suggest(words) }, words))));
}
