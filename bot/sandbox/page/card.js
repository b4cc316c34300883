// Draws a template card in its present state, field by field as the platform does.

import { dismissable, h, icon } from "./dom.js";

const SOURCE_COLOURS = ["grey", "black", "red", "green"];
const BUTTON_STYLES = { 1: "primary", 2: "plain", 3: "danger", 4: "faint" };

/** `onPress(key, selected)` for callbacks, `onOpen(url)` for links. */
export function drawCard(item, onPress, onOpen) {
  const { body, greyed, pressed, chosen } = item.card;
  const tone = SOURCE_COLOURS[body.source?.desc_color ?? 0];
  const selected = {};
  const press = (key) => onPress(key, selected);
  const card = h("article", { class: `card tone-${tone}`, "data-testid": "card", "data-task": item.card.task_id, "aria-label": body.main_title?.title ?? "卡片" });
  card.append(
    ...[
      head(body, tone, press, greyed),
      body.card_image && h("img", { class: "card-image", src: body.card_image.url, alt: "" }),
      titles(body, onOpen),
      body.emphasis_content && h("p", { class: "card-emphasis" }, h("strong", {}, body.emphasis_content.title ?? ""), h("span", {}, body.emphasis_content.desc ?? "")),
      body.quote_area && h("blockquote", {}, h("b", {}, body.quote_area.title ?? ""), body.quote_area.quote_text ?? ""),
      body.sub_title_text && h("p", { class: "card-sub" }, body.sub_title_text),
      rows(body.horizontal_content_list ?? [], onOpen),
      ...(body.vertical_content_list ?? []).map((v) => h("p", { class: "card-vertical" }, h("b", {}, v.title), v.desc ?? "")),
      ...questions(body, chosen, greyed, selected),
      links(body.jump_list ?? [], onOpen),
      buttons(body, greyed, pressed, press, onOpen),
    ].filter(Boolean),
  );
  return card;
}

function head(body, tone, press, greyed) {
  const actions = body.action_menu?.action_list ?? [];
  if (!body.source?.desc && !actions.length) return null;
  return h("header", { class: "card-head" },
    tone === "red" ? icon("flag") : h("i", { class: "dot", "aria-hidden": "true" }),
    h("span", {}, body.source?.desc ?? ""),
    actions.length && !greyed ? menu(body.action_menu, press) : null);
}

function menu(actionMenu, press) {
  const list = h("div", { class: "popover", role: "menu", hidden: true });
  const button = h("button", { class: "more", "data-testid": "card-menu", "aria-label": actionMenu.desc || "更多", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
  let stop = null;
  const close = () => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    stop?.();
  };
  const box = h("div", { class: "menu-box" }, button, list);
  button.addEventListener("click", () => {
    if (!list.hidden) return close();
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    stop = dismissable(box, close);
    list.firstElementChild?.focus();
  });
  for (const action of actionMenu.action_list) {
    list.append(h("button", { role: "menuitem", onclick: () => (close(), press(action.key)) }, action.text));
  }
  return box;
}

function titles(body, onOpen) {
  const { title, desc } = body.main_title ?? {};
  if (!title && !desc) return null;
  const url = body.card_action?.type === 1 ? body.card_action.url : null;
  const heading = url ? h("a", { href: url, onclick: (e) => (e.preventDefault(), onOpen(url)) }, title) : title;
  return h("div", { class: "card-titles" }, h("h3", {}, heading ?? ""), desc ? h("p", {}, desc) : null);
}

function rows(list, onOpen) {
  if (!list.length) return null;
  return h("dl", { class: "card-rows" }, list.map((row) => {
    const value = row.type === 1 && row.url
      ? h("a", { href: row.url, onclick: (e) => (e.preventDefault(), onOpen(row.url)) }, row.value ?? "")
      : wholeMark(row.value ?? "");
    return h("div", {}, h("dt", {}, row.keyname), h("dd", {}, ...[value].flat()));
  }));
}

/** The value with its last part (“ · 说的”) kept on one line. */
function wholeMark(value) {
  const match = /^(.+?)( ?· ?\S{1,4})$/.exec(value);
  return match ? [match[1], h("span", { class: "whole" }, match[2])] : value;
}

function questions(body, chosen, greyed, selected) {
  const lists = body.button_selection ? [body.button_selection] : body.select_list ?? [];
  const parts = lists.map((q) => dropDown(q, chosen, greyed, selected));
  if (body.checkbox) parts.push(checkBoxes(body.checkbox, greyed, selected));
  return parts;
}

function dropDown(question, chosen, greyed, selected) {
  const options = question.option_list.map((o) => h("option", { value: o.id }, o.text));
  const select = h("select", {
    "data-testid": "card-select", disabled: Boolean(greyed || question.disable),
    onchange: (e) => (selected[question.question_key] = e.target.value),
  }, options);
  const known = question.option_list.some((o) => o.id === question.selected_id);
  select.value = chosen[question.question_key]?.[0] ?? (known ? question.selected_id : question.option_list[0].id);
  selected[question.question_key] = select.value;
  return h("label", { class: "card-select" }, h("span", {}, question.title || "请选择"), select);
}

function checkBoxes(box, greyed, selected) {
  const ticked = new Set(box.option_list.filter((o) => o.is_checked).map((o) => o.id));
  const note = () => (selected[box.question_key] = [...ticked].join("|"));
  note();
  return h("fieldset", { class: "card-checks", disabled: Boolean(greyed || box.disable) }, h("legend", { class: "unseen" }, "选项"),
    box.option_list.map((o) => h("label", {}, h("input", {
      type: box.mode === 1 ? "checkbox" : "radio", name: box.question_key, checked: ticked.has(o.id),
      onchange: (e) => {
        if (box.mode !== 1) ticked.clear();
        e.target.checked ? ticked.add(o.id) : ticked.delete(o.id);
        note();
      },
    }), o.text)));
}

function links(list, onOpen) {
  if (!list.length) return null;
  return h("div", { class: "card-links" }, list.map((jump) =>
    jump.url ? h("a", { href: jump.url, onclick: (e) => (e.preventDefault(), onOpen(jump.url)) }, jump.title, icon("out")) : h("span", {}, jump.title)));
}

function buttons(body, greyed, pressed, press, onOpen) {
  if (greyed) return h("p", { class: "card-greyed", "data-testid": "card-greyed" }, greyed);
  const list = [...(body.button_list ?? []), ...(body.submit_button ? [{ ...body.submit_button, style: 1 }] : [])];
  if (!list.length) return null;
  return h("div", { class: `card-buttons ${arrangement(list.map((b) => [...b.text.replaceAll(" ", "")].length))}` },
    list.map((b) => h("button", {
      class: BUTTON_STYLES[b.style ?? 1] + (pressed && b.key === pressed ? " waiting" : ""),
      "data-testid": "card-button",
      onclick: () => (b.type === 1 ? onOpen(b.url) : press(b.key)),
    }, b.text)));
}

/** How buttons with these text lengths stand: side by side, two in a row, or one above the other. */
function arrangement(lengths) {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (lengths.length <= 3 && sum <= 12) return "row";
  return lengths.length > 2 && Math.max(...lengths) <= 7 && lengths.length % 2 === 0 ? "grid" : "stack";
}
