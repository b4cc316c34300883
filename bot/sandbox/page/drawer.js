// Behind the scenes: what really goes over the wire, and faults to try.

import { h, icon, request, shanghai, toast } from "./dom.js";

const FAULTS = [["redeliver", "重复送一次回调"], ["drop_response", "丢一次接口应答"], ["revoke_token", "吊销令牌"], ["system_busy", "接口 −1"], ["platform_down", "断一次连接"], ["drop_callback", "丢一条回调"]];
const SHOWN = 200;

export class Drawer {
  constructor(el, toggle) {
    this.el = el;
    this.toggle = toggle;
    this.body = h("tbody", {});
    const head = ["时间", "方向", "内容", "谁", "字节", "第几次", "结果", "毫秒"];
    el.replaceChildren(
      h("header", {}, h("h2", {}, "幕后"), h("p", {}, "平台与应用之间的真实往来：回调为密文，五秒不答再送，最多三次。"),
        h("button", { class: "round", "aria-label": "关闭幕后", onclick: () => this.show(false) }, icon("close"))),
      h("div", { class: "faults" }, h("span", {}, "制造一次故障："), FAULTS.map(([fault, words]) => h("button", {
        onclick: async () => (await request("fault", { body: { fault } })) && toast(`下一次会${words}。`) }, words))),
      h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "往来记录" }, h("table", {}, h("thead", {}, h("tr", {}, head.map((t) => h("th", { scope: "col" }, t)))), this.body)));
    toggle.addEventListener("click", () => this.show(el.hidden));
    document.addEventListener("keydown", (e) => e.key === "Escape" && !el.hidden && this.show(false));
  }

  show(open) {
    this.el.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("drawer-open", open);
    if (!open) this.toggle.focus();
  }

  add(e) {
    const s = shanghai(e.at);
    const callback = e.direction === "callback";
    const result = callback ? (e.code ? `HTTP ${e.code}` : e.remark || "无应答") : `errcode ${e.code}`;
    const earlier = [...this.body.rows].find((row) => Number(row.dataset.number) < e.number) ?? null;
    this.body.insertBefore(h("tr", { class: e.ok ? "" : "bad", "data-number": e.number },
      h("td", {}, `${s.month}/${s.day} ${s.time}:${s.seconds}`), h("td", {}, callback ? "平台 → 应用" : "应用 → 平台"), h("td", {}, e.what), h("td", {}, e.who),
      h("td", { class: "number" }, e.size || ""), h("td", { class: "number" }, callback ? e.attempt : ""), h("td", {}, result), h("td", { class: "number" }, e.took_ms)), earlier);
    while (this.body.rows.length > SHOWN) this.body.lastChild.remove();
  }

  reset(exchanges) {
    this.body.replaceChildren();
    for (const e of exchanges) this.add(e);
  }
}
