// The network page: the drawing follows the address, the address follows what is done. What is shown for an address is
// decided by the server alone; this module draws it and asks again.
import { Drawing } from "./network_drawing.js";

async function start(stage) {
  const canvas = document.getElementById("canvas");
  const note = document.getElementById("drawing-note");
  let drawing = null;
  const page = new Page(stage, () => drawing);
  const say = (text, below = false) => {
    note.textContent = text;
    note.hidden = !text;
    note.classList.toggle("below", below);
  };
  try {
    let data = await columns(stage.dataset.graph);
    await painted(); // words and forms come first, then the work of the drawing
    canvas.hidden = false;
    drawing = new Drawing(canvas, data, (utility) => page.select(utility));
    page.show();
    for (const controls of stage.querySelectorAll(".zoom, .timeline")) controls.hidden = false;
    while (!data.drawn) {
      say(stage.dataset.working);
      await new Promise((done) => setTimeout(done, 2000));
      data = await columns(stage.dataset.graph, "no-store");
      if (data.drawn) window.location.reload();
    }
    window.wopNetwork = { drawing, page }; // for tests and measurements
    stage.dataset.ready = "yes";
  } catch (problem) {
    canvas.hidden = true;
    say(stage.dataset.failed, true);
    console.warn(problem);
  }
}

function painted() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}

async function columns(address, cache = "default") {
  const answer = await fetch(address, { cache, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The network was not answered: ${answer.status}`);
  return answer.json();
}

class Page {
  constructor(stage, drawing) {
    this.stage = stage;
    this.drawing = drawing;
    this.form = document.getElementById("view");
    this.asking = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go(this.formAddress());
    });
    this.form.addEventListener("change", () => this.go(this.formAddress()));
    document.addEventListener("click", (event) => this.followed(event));
    document.addEventListener("submit", (event) => {
      if (!event.target.matches(".chain-form")) return;
      event.preventDefault();
      this.go(new URLSearchParams(new FormData(event.target)));
    });
    this.timeLine();
    for (const button of stage.querySelectorAll("[data-zoom]"))
      button.addEventListener("click", () => this.drawing().zoom(button.dataset.zoom));
  }

  // The drawing as the part of the page that the server made last says.
  show() {
    const drawing = this.drawing();
    if (!drawing) return;
    const shown = document.getElementById("shown").dataset;
    const form = new FormData(this.form);
    drawing.show({
      pairs: shown.pairs,
      standing: shown.standing,
      chain: shown.chain ? shown.chain.split(",").map(Number) : [],
      selected: shown.selected || null,
      year: shown.year ? Number(shown.year) : null,
      colour: form.get("colour"),
      size: form.get("size"),
      alone: form.has("alone"),
      near: form.has("steps"),
    });
    const png = document.getElementById("png");
    png.hidden = false;
    png.onclick = () => drawing.picture("network.png");
  }

  formAddress() {
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) if (value) asked.set(name, value);
    const table = new URLSearchParams(window.location.search).get("table");
    if (table) asked.set("table", table);
    return asked;
  }

  select(utility) {
    const asked = this.formAddress();
    for (const name of ["steps", "to"]) if (!utility) asked.delete(name);
    if (utility) asked.set("selected", utility);
    else asked.delete("selected");
    this.go(asked);
  }

  // Links into another view of this page are followed without leaving it.
  followed(event) {
    const link = event.target.closest("a.view, .pager a");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const address = new URL(link.href, window.location);
    this.go(address.searchParams, { focus: link.hasAttribute("data-utility"), top: address.hash });
  }

  async go(asked, { focus = false, top = "" } = {}) {
    for (const [name, value] of [...asked])
      if (!value || (name === "colour" && value === "region") || (name === "size" && value === "partners")) asked.delete(name);
    const query = asked.toString();
    const address = window.location.pathname + (query ? `?${query}` : "");
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.stage.parentElement.classList.add("busy");
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !page.getElementById("shown")) {
        window.location.assign(address);
        return;
      }
      history.replaceState(null, "", new URL(answer.url).pathname + new URL(answer.url).search);
      this.take(page);
      if (focus) {
        this.drawing()?.centre();
        document.getElementById("looked")?.focus({ preventScroll: true });
        this.stage.scrollIntoView({ block: "nearest" });
      } else if (top === "#table") document.getElementById("table").scrollIntoView({ block: "nearest" });
    } catch (problem) {
      if (problem.name !== "AbortError") window.location.assign(address);
    } finally {
      if (this.asking === asking) this.stage.parentElement.classList.remove("busy");
    }
  }

  // The parts of another answer of this page in place of those here; the form takes its values and keeps the focus.
  take(page) {
    const open = document.getElementById("views")?.open;
    for (const id of ["summary", "side", "shown"]) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
    if (open) document.getElementById("views").open = true;
    const theirs = page.getElementById("view");
    for (const field of this.form.elements) {
      const other = field.name && theirs.elements[field.name];
      if (!other || field === document.activeElement) continue;
      if (field.type === "checkbox") field.checked = other.checked;
      else field.value = other.value;
    }
    for (const name of ["selected", "steps"]) {
      this.form.querySelector(`input[type=hidden][name=${name}]`)?.remove();
      const other = theirs.querySelector(`input[type=hidden][name=${name}]`);
      if (other) this.form.append(document.adoptNode(other));
    }
    this.show();
    this.yearShown();
  }

  timeLine() {
    const line = this.stage.querySelector(".timeline");
    if (!line) return;
    this.range = line.querySelector("input");
    this.output = line.querySelector("output");
    this.button = line.querySelector("[data-play]");
    this.range.addEventListener("input", () => this.toYear(Number(this.range.value)));
    this.range.addEventListener("change", () => this.settle());
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.yearShown();
  }

  yearShown() {
    if (!this.range || this.playing) return;
    const year = document.getElementById("shown").dataset.year;
    this.range.value = year || this.range.max;
    this.tellYear(year ? Number(year) : null);
  }

  tellYear(year) {
    const text = year === null ? this.stage.dataset.all : this.stage.dataset.by.replace("{year}", year);
    this.output.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
  }

  // The drawing at once; the words and the address once the hand rests.
  toYear(number) {
    const year = number >= Number(this.range.max) ? null : number;
    this.tellYear(year);
    this.drawing()?.byYear(year);
    return year;
  }

  settle() {
    const year = this.toYear(Number(this.range.value));
    const field = this.form.elements.year;
    field.value = year === null ? "" : year;
    this.go(this.formAddress());
  }

  play() {
    if (Number(this.range.value) >= Number(this.range.max)) this.range.value = this.range.min;
    this.button.textContent = this.stage.dataset.pause;
    this.toYear(Number(this.range.value));
    this.playing = setInterval(() => {
      this.range.value = Number(this.range.value) + 1;
      this.toYear(Number(this.range.value));
      if (Number(this.range.value) >= Number(this.range.max)) this.pause();
    }, 650);
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.button.textContent = this.stage.dataset.play;
    this.settle();
  }
}

const stage = document.getElementById("network");
if (stage) start(stage);
