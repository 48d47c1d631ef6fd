// One sound, made here, that can be switched off. Browsers allow it only after a touch or a key.
import { memory, text } from "./app.js";

let context = null;

function wake() {
  context ??= window.AudioContext ? new AudioContext() : null;
  return context?.resume();
}

function play() {
  for (const [index, pitch] of [659, 880, 1319].entries()) {
    const at = context.currentTime + index * 0.18;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.001, at);
    loudness.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.65);
  }
  document.documentElement.dataset.rung = String(Number(document.documentElement.dataset.rung ?? 0) + 1);
}

export const bell = {
  get isOn() {
    return memory.get("sound") !== "off";
  },

  attach(button) {
    if (!button || !window.AudioContext) return;
    const label = () => {
      const isBlocked = this.isOn && context?.state !== "running";
      button.textContent = text(!this.isOn ? "line.sound_off" : isBlocked ? "line.sound_blocked" : "line.sound_on");
      button.setAttribute("aria-pressed", String(this.isOn));
    };
    button.hidden = false;
    // The very touch that presses the button allows the sound: it does not switch it off as well.
    let wasBlocked = false;
    const note = () => { wasBlocked = this.isOn && context?.state !== "running"; };
    button.addEventListener("pointerdown", note);
    button.addEventListener("keydown", note);
    button.addEventListener("click", async () => {
      if (!wasBlocked) memory.set("sound", this.isOn ? "off" : "on");
      wasBlocked = false;
      await wake();
      label();
    });
    // Any touch will do, once the finger is lifted; the button is for those who want to be sure.
    addEventListener("pointerup", () => wake()?.then(label), { once: true });
    addEventListener("keydown", () => wake()?.then(label), { once: true });
    label();
  },

  ring() {
    if (this.isOn && context?.state === "running") play();
  },
};
