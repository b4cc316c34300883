// Small building blocks: elements, icons, times, requests, toasts.

export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (name === "class") el.className = value;
    else if (name in el && !name.startsWith("aria") && name !== "list") el[name] = value;
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

const PATHS = {
  mic: '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11a7 7 0 0 0 14 0M12 18v3"/>',
  plus: '<circle cx="12" cy="12" r="9"/><path d="M12 8v8M8 12h8"/>',
  send: '<path d="M4 12 20 4l-5 16-4-6z"/>',
  photo: '<rect x="3" y="5" width="18" height="14" rx="3"/><circle cx="9" cy="10.5" r="1.6"/><path d="m4 18 5.5-5 4 3.5 3-2.5L21 18"/>',
  pin: '<path d="M12 21s7-6.3 7-11.5A7 7 0 0 0 5 9.500C5 14.7 12 21 12 21z"/><circle cx="12" cy="9.5" r="2.5"/>',
  file: '<path d="M7 3h7l4 4v14H7zM14 3v5h4"/>',
  play: '<path d="M8 5v14l11-7z" fill="currentColor"/>',
  close: '<path d="M6 6l12 12M18 6 6 18"/>',
  more: '<circle cx="6" cy="12" r="1.3" fill="currentColor"/><circle cx="12" cy="12" r="1.3" fill="currentColor"/><circle cx="18" cy="12" r="1.3" fill="currentColor"/>',
  check: '<path d="m5 12.5 4.5 4.500L19 7.5"/>',
  flag: '<path d="M6 21V4M6 5c4-2.5 7 2.5 12 0v9c-5 2.5-8-2.5-12 0"/>',
  wave: '<path d="M8 9.500a4 4 0 0 1 0 5M11.5 7a8 8 0 0 1 0 10M15 4.500a12 12 0 0 1 0 15"/>',
  out: '<path d="M9 5h10v10M19 5 5 19"/>',
};

export function icon(name) {
  const holder = document.createElement("span");
  holder.className = "icon";
  holder.setAttribute("aria-hidden", "true");
  holder.innerHTML = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${PATHS[name]}</svg>`;
  return holder;
}

const WEEKDAYS = "日一二三四五六";

/** Parts of an instant on the Shanghai wall clock. */
export function shanghai(at) {
  const d = new Date(new Date(at).getTime() + 8 * 3600e3);
  const two = (n) => String(n).padStart(2, "0");
  return {
    year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate(), weekday: WEEKDAYS[d.getUTCDay()],
    time: `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`, seconds: two(d.getUTCSeconds()),
    key: d.toISOString().slice(0, 10), local: d.toISOString().slice(0, 16),
  };
}

export function dayWords(at) {
  const s = shanghai(at);
  return `${s.month}月${s.day}日 周${s.weekday}`;
}

export async function request(path, options = {}) {
  const init = { method: options.method ?? "POST" };
  if (options.blob) init.body = options.blob;
  else if (init.method === "POST") {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(options.body ?? {});
  }
  let response;
  try {
    response = await fetch(`/sandbox/api/${path}`, init);
  } catch {
    toast("沙箱没有应答，请看它是否还在运行。");
    return null;
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    toast(answer.error ?? "没有成功，请再试一次。");
    return null;
  }
  return answer;
}

export function toast(words) {
  const el = h("p", {}, words);
  document.getElementById("toasts").append(el);
  setTimeout(() => el.remove(), 4500);
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Close `el` by Escape or a press outside it. Returns a function that stops watching. */
export function dismissable(el, close) {
  const onKey = (e) => e.key === "Escape" && (e.stopPropagation(), close());
  const onPress = (e) => !el.contains(e.target) && close();
  setTimeout(() => document.addEventListener("pointerdown", onPress));
  document.addEventListener("keydown", onKey);
  return () => {
    document.removeEventListener("pointerdown", onPress);
    document.removeEventListener("keydown", onKey);
  };
}
