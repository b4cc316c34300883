// A small map without tiles: a grid, city names, customer points. Click to put a pin, drag to move, ± to zoom.

import { h, icon } from "./dom.js";

const NS = "http://www.w3.org/2000/svg";
const SIZE = { w: 360, h: 440 };
const KM_PER_DEGREE = 111.32;
const SPANS = [0.012, 0.03, 0.08, 0.25, 0.8, 2.5, 8, 26];
const MAX_LABELS = 9;

function svg(tag, attributes, text) {
  const el = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
  if (text !== undefined) el.textContent = text;
  return el;
}

export function kilometres(a, b) {
  const x = (a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180), y = a.lat - b.lat;
  return Math.hypot(x, y) * KM_PER_DEGREE;
}

/** The sheet for choosing a position: `places` of the app, own customers of `userid` first. */
export function locationSheet(places, userid, { onSend, onClose }) {
  const customers = places.filter((p) => p.kind === "customer");
  const cities = places.filter((p) => p.kind === "city");
  const own = customers.filter((p) => p.owner === userid);
  const first = own[0] ?? customers[0] ?? cities[0] ?? { lat: 31.3, lon: 120.62 };
  const view = { lat: first.lat, lon: first.lon, zoom: 2, ...SIZE };
  let pin = null;

  const canvas = svg("svg", { role: "application", tabindex: "0", "aria-label": "地图，点一下选位置；方向键移动图钉" });
  const words = h("p", { class: "map-words", "data-testid": "map-words" }, "点地图选一个位置");
  const send = h("button", { class: "primary", "data-testid": "send-location", disabled: true, onclick: () => onSend({ ...pin, label: labelOf(pin, customers, cities) }) }, "发送位置");

  const span = () => SPANS[view.zoom];
  const stretch = () => Math.cos((view.lat * Math.PI) / 180);
  const perDegree = () => view.h / span();
  const toXY = (p) => [view.w / 2 + (p.lon - view.lon) * stretch() * perDegree(), view.h / 2 - (p.lat - view.lat) * perDegree()];
  const toPoint = (x, y) => ({ lat: view.lat - (y - view.h / 2) / perDegree(), lon: view.lon + (x - view.w / 2) / (perDegree() * stretch()) });

  function put(point, recentre) {
    pin = point;
    if (recentre) Object.assign(view, { lat: point.lat, lon: point.lon });
    words.textContent = describe(pin, customers, cities);
    send.disabled = false;
    draw();
  }

  function draw() {
    canvas.replaceChildren(...grid(), ...points(), ...scale());
    if (pin) {
      const [x, y] = toXY(pin);
      canvas.append(svg("path", { d: `M${x} ${y}c-7-9-11-13-11-19a11 11 0 0 1 22 0c0 6-4 10-11 19z`, class: "map-pin" }), svg("circle", { cx: x, cy: y - 19, r: 4, fill: "#fff" }));
    }
  }

  function grid() {
    const lines = [];
    const step = span() / 6;
    const startLat = Math.floor((view.lat - span()) / step) * step, startLon = Math.floor((view.lon - span() * 1.5) / step) * step;
    for (let n = 0; n < 34; n++) {
      const [, y] = toXY({ lat: startLat + n * step, lon: view.lon });
      const [x] = toXY({ lat: view.lat, lon: startLon + n * step });
      const major = (v) => (Math.round(v / step) % 4 === 0 ? "map-road" : "map-line");
      lines.push(svg("path", { d: `M0 ${y}H${view.w}`, class: major(startLat + n * step) }), svg("path", { d: `M${x} 0V${view.h}`, class: major(startLon + n * step) }));
    }
    return lines;
  }

  function points() {
    const inside = (p) => {
      const [x, y] = toXY(p);
      return x > -5 && x < view.w + 5 && y > -5 && y < view.h + 5;
    };
    const taken = [];
    const free = (x, y) => taken.every(([a, b]) => Math.abs(a - x) > 92 || Math.abs(b - y) > 15);
    const dots = [], names = [];
    for (const city of cities.filter(inside)) {
      const [x, y] = toXY(city);
      if (!free(x, y - 9)) continue;
      taken.push([x, y - 9]);
      names.push(svg("text", { x, y: y - 9, class: "map-city" }, city.name));
    }
    const sorted = customers.filter(inside).sort((a, b) => (b.owner === userid) - (a.owner === userid));
    for (const place of sorted) {
      const [x, y] = toXY(place);
      dots.push(svg("circle", { cx: x, cy: y, r: place.owner === userid ? 5 : 3.5, class: place.owner === userid ? "map-own" : "map-other" }));
      if (taken.length < MAX_LABELS && span() < 1 && free(x, y + 17)) {
        taken.push([x, y + 17]);
        names.push(svg("text", { x, y: y + 18, class: "map-name" }, place.name.length > 9 ? `${place.name.slice(0, 8)}…` : place.name));
      }
    }
    return [...dots, ...names];
  }

  function scale() {
    const wish = (span() * KM_PER_DEGREE) / 5;
    const unit = 10 ** Math.floor(Math.log10(wish));
    const km = [5, 2, 1].map((n) => n * unit).find((n) => n <= wish) ?? unit;
    const px = (km / KM_PER_DEGREE) * perDegree();
    const name = km >= 1 ? `${km} 公里` : `${Math.round(km * 1000)} 米`;
    return [svg("path", { d: `M12 ${view.h - 14}v4h${px}v-4`, class: "map-scale" }), svg("text", { x: 16, y: view.h - 18, class: "map-scale-words" }, name)];
  }

  function zoom(by) {
    view.zoom = Math.max(0, Math.min(SPANS.length - 1, view.zoom + by));
    draw();
  }

  new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (width && height) Object.assign(view, { w: width, h: height }), draw();
  }).observe(canvas);
  watchPointer(canvas, view, { toPoint, perDegree, stretch, put, draw });
  canvas.addEventListener("wheel", (e) => (e.preventDefault(), zoom(Math.sign(e.deltaY))), { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const move = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];
    if (!move) return;
    e.preventDefault();
    const from = pin ?? view;
    put({ lat: from.lat + (move[0] * span()) / 40, lon: from.lon + (move[1] * span()) / 40 }, true);
  });
  draw();

  const door = h("select", { "data-testid": "at-customer", onchange: (e) => e.target.value && put(atTheDoor(customers[Number(e.target.value)]), true) },
    h("option", { value: "" }, "选客户…"),
    [...own, ...customers.filter((p) => p.owner !== userid)].slice(0, 200).map((p) => h("option", { value: customers.indexOf(p) }, p.name)));
  return h("div", { class: "sheet map-sheet", role: "dialog", "aria-label": "发送位置" },
    h("header", {}, h("button", { "aria-label": "关闭", onclick: onClose }, icon("close")), h("b", {}, "发送位置"), h("span", {})),
    customers.length ? h("label", { class: "map-door" }, h("span", {}, icon("pin"), "在客户门口"), door) : null,
    h("div", { class: "map-box" }, canvas, h("div", { class: "map-zoom" },
      h("button", { "aria-label": "放大", onclick: () => zoom(-1) }, "+"), h("button", { "aria-label": "缩小", onclick: () => zoom(1) }, "−"))),
    h("footer", {}, words, send));
}

/** A point about thirty metres from the customer, as a phone at the gate would say. */
function atTheDoor(place) {
  return { lat: place.lat + 0.00021, lon: place.lon + 0.00018 };
}

function nearest(point, places) {
  return places.map((p) => [kilometres(point, p), p]).sort((a, b) => a[0] - b[0])[0];
}

function describe(pin, customers, cities) {
  const [km, place] = nearest(pin, customers) ?? [];
  if (place && km < 5) return `距${place.name} ${km < 1 ? `${Math.round(km * 1000)} 米` : `${km.toFixed(1)} 公里`}`;
  return labelOf(pin, customers, cities);
}

function labelOf(pin, customers, cities) {
  const [km, place] = nearest(pin, customers) ?? [];
  if (place && km < 0.3) return place.address || place.name;
  const city = nearest(pin, cities);
  return city && city[0] < 80 ? `${city[1].name}附近` : "地图上的一点";
}

function watchPointer(canvas, view, { toPoint, perDegree, stretch, put, draw }) {
  let grip = null;
  const at = (e) => {
    const box = canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    grip = { from: at(e), lat: view.lat, lon: view.lon, moved: false };
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!grip) return;
    const [x, y] = at(e), dx = x - grip.from[0], dy = y - grip.from[1];
    if (Math.hypot(dx, dy) > 5) grip.moved = true;
    if (!grip.moved) return;
    view.lat = grip.lat + dy / perDegree();
    view.lon = grip.lon - dx / (perDegree() * stretch());
    draw();
  });
  canvas.addEventListener("pointerup", (e) => {
    if (grip && !grip.moved) put(toPoint(...at(e)));
    grip = null;
  });
}
