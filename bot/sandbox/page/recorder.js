// Hold to talk: press, speak, release to send; slide up to cancel. Works with pointer and with the space bar.

import { h, icon, toast } from "./dom.js";

const CANCEL_AFTER_PX = 60;
const SHORTEST_S = 0.6;
const LONGEST_S = 60;
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

/** Make `button` record; `stage` gets the overlay, `send(blob)` the recording. */
export function holdToTalk(button, stage, send) {
  let take = null;

  async function start() {
    if (take) return;
    const own = (take = { held: true, cancel: false });
    own.stream = await microphone();
    if (!own.stream) return void (take = null);
    if (!own.held) {
      stopTracks(own.stream);
      take = null;
      return toast("麦克风准备好了，再按住说一次。");
    }
    begin(own);
  }

  function begin(own) {
    const type = TYPES.find((t) => MediaRecorder.isTypeSupported(t));
    own.recorder = new MediaRecorder(own.stream, type ? { mimeType: type } : undefined);
    own.pieces = [];
    own.recorder.ondataavailable = (e) => e.data.size && own.pieces.push(e.data);
    own.recorder.onstop = () => finish(own);
    own.recorder.start(250);
    own.started = performance.now();
    own.overlay = overlay(stage);
    own.level = levelMeter(own.stream);
    own.timer = setInterval(() => tick(own), 80);
    button.classList.add("recording");
  }

  function tick(own) {
    const seconds = (performance.now() - own.started) / 1000;
    own.overlay.update(seconds, own.level.read(), own.cancel);
    button.lastElementChild.textContent = own.cancel ? "松开取消" : "松开发送";
    if (seconds >= LONGEST_S) end();
  }

  function end() {
    if (!take) return;
    take.held = false;
    if (take.recorder?.state === "recording") {
      take.seconds = (performance.now() - take.started) / 1000;
      take.recorder.stop();
    }
  }

  function finish(own) {
    clearInterval(own.timer);
    own.level.close();
    own.overlay.remove();
    stopTracks(own.stream);
    button.classList.remove("recording");
    button.lastElementChild.textContent = "按住说话";
    take = null;
    if (own.cancel) return toast("已取消。");
    if (own.seconds < SHORTEST_S) return toast("说话时间太短，按住说完再松开。");
    send(new Blob(own.pieces, { type: own.recorder.mimeType }));
  }

  button.addEventListener("pointerdown", (e) => {
    if (e.button !== 0) return;
    e.preventDefault();
    button.focus();
    button.setPointerCapture(e.pointerId);
    button.dataset.from = String(e.clientY);
    start();
  });
  button.addEventListener("pointermove", (e) => {
    if (take?.recorder) take.cancel = Number(button.dataset.from) - e.clientY > CANCEL_AFTER_PX;
  });
  button.addEventListener("pointerup", end);
  button.addEventListener("pointercancel", () => {
    if (take) take.cancel = true;
    end();
  });
  button.addEventListener("contextmenu", (e) => e.preventDefault());
  button.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && take) (take.cancel = true), end();
    if ((e.key === " " || e.key === "Enter") && !e.repeat) e.preventDefault(), start();
  });
  button.addEventListener("keyup", (e) => (e.key === " " || e.key === "Enter") && end());
  button.addEventListener("blur", () => take?.recorder && end());
}

async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    toast("这个浏览器不能录音。请用示例录音，或从文件选一段。");
    return null;
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true } });
  } catch {
    toast("用不了麦克风。请用示例录音，或从文件选一段。");
    return null;
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function levelMeter(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length) * 6);
    },
    close: () => context.close(),
  };
}

function overlay(stage) {
  const bars = Array.from({ length: 24 }, () => h("i", {}));
  const words = h("p", {});
  const clock = h("strong", {}, "0″");
  const el = h("div", { class: "recording-overlay", "data-testid": "recording" },
    h("div", { class: "recording-bubble" }, icon("mic"), h("div", { class: "bars" }, bars), clock), words);
  stage.append(el);
  return {
    update(seconds, level, cancel) {
      bars.push(bars.shift());
      for (const [n, bar] of bars.entries()) bar.style.order = n;
      bars.at(-1).style.height = `${12 + level * 88}%`;
      clock.textContent = `${Math.floor(seconds)}″`;
      el.classList.toggle("cancelling", cancel);
      words.textContent = cancel ? "松开取消" : seconds > LONGEST_S - 10 ? `还能说 ${Math.ceil(LONGEST_S - seconds)} 秒` : "松开发送，上滑取消";
    },
    remove: () => el.remove(),
  };
}
