// Starts the page: loads the state, draws both phones, and follows the live events.

import { request, toast } from "./dom.js";
import { Drawer } from "./drawer.js";
import { ClockCard, phrasesCard, Reading, StoryCard } from "./middle.js";
import { PhonePane } from "./phone.js";

const LEAP_MS = 8 * 86400e3 - 3600e3;
const stage = document.querySelector(".stage");
const drawer = new Drawer(document.getElementById("drawer"), document.getElementById("drawer-toggle"));
const unread = { rep: 0, boss: 0 };
let world, panes, reading, clock, story;

function pickPeople(people) {
  const supervising = (p) => p.role !== "rep";
  const remembered = (pane) => people.find((p) => p.userid === sessionStorage.getItem(`person-${pane}`));
  const rep = remembered("rep") ?? people.find((p) => p.role === "rep") ?? people[0];
  const boss = remembered("boss") ?? people.find((p) => supervising(p) && p.team === rep.team) ?? people.find(supervising) ?? people.at(-1);
  return { rep: rep.userid, boss: boss.userid };
}

async function load() {
  const state = await request("state", { method: "GET" });
  if (!state) return;
  reading = reading ?? new Reading(state.clock);
  reading.set(state.clock);
  world = { ...state, appName: state.app_name, now: () => reading.now() };
  const chosen = panes ? { rep: panes.rep.userid, boss: panes.boss.userid } : pickPeople(state.people);
  panes = {};
  for (const name of ["rep", "boss"]) {
    panes[name] = new PhonePane(document.getElementById(`pane-${name}`), world, chosen[name], (userid) => sessionStorage.setItem(`person-${name}`, userid));
  }
  if (!clock) {
    clock = new ClockCard(reading);
    story = new StoryCard();
    const suggest = (words) => (show("rep"), panes.rep.suggest(words));
    document.getElementById("middle").append(clock.el, story.el, phrasesCard(state.phrases, suggest));
  }
  drawer.reset(state.traffic);
  drawStory();
  paint();
}

function drawStory() {
  const leapt = reading.exact() - Date.parse(reading.view.start) >= LEAP_MS;
  story.draw(world.screens, world.people, leapt);
}

function paint() {
  clock.draw();
  for (const pane of Object.values(panes)) pane.tick();
}

function onItem({ userid, item }) {
  const screen = (world.screens[userid] ??= []);
  const known = screen.findIndex((i) => i.id === item.id);
  known < 0 ? screen.push(item) : screen.splice(known, 1, item);
  for (const [name, pane] of Object.entries(panes)) {
    if (pane.userid !== userid) continue;
    pane.upsert(item);
    if (known < 0 && !item.mine && stage.dataset.show !== name) badge(name, unread[name] + 1);
  }
  drawStory();
}

const onEvent = {
  item: onItem,
  clock: (e) => (reading.set(e.clock), drawStory()),
  traffic: (e) => drawer.add(e.exchange),
  notice: (e) => toast(e.text),
  menu: (e) => {
    world.menu = e.menu;
    for (const pane of Object.values(panes)) pane.drawMenu();
  },
};

function follow() {
  const live = new EventSource("/sandbox/api/live");
  live.onopen = () => (linkState(true), load());
  live.onerror = () => linkState(false);
  live.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (world) onEvent[event.type]?.(event);
  };
}

function linkState(on) {
  const el = document.getElementById("link-state");
  el.classList.toggle("on", on);
  el.lastElementChild.textContent = on ? "已连接" : "正在重新连接…";
}

function badge(name, count) {
  unread[name] = count;
  const el = document.querySelector(`[data-tab=${name}] b`);
  el.hidden = !count;
  el.textContent = String(count);
}

function show(name) {
  stage.dataset.show = name;
  for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
  if (name in unread) badge(name, 0);
  panes?.[name]?.toEnd();
}

for (const tab of document.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => show(tab.dataset.tab));
setInterval(() => clock && !reading.glide && paint(), 250);
(function glide() {
  if (clock && reading.glide) paint();
  requestAnimationFrame(glide);
})();
follow();
