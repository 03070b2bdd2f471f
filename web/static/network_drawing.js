// The drawing itself: utilities and pairs on a canvas by sigma.js, from the columns and masks the server sends.
const { Sigma, graphology } = window;

const FAINT = "#C3CFD3";
const FAINTER = "#EBF0F1";
const PROPOSED = "#D9A066";
const GIVES = "#2F7D5B";
const GETS = "#B4661F";
const CHAIN = "#0B6478";
const DIMMED = "#E3E9EB";
const PALETTE_INK = "#16292F";
const MANY = 2500;
const SLOW = 17; // milliseconds for one drawing, above which there are less than sixty a second

export class Drawing {
  constructor(box, data, chosen) {
    const { utilities, pairs } = data;
    this.box = box;
    this.data = data;
    this.crowded = pairs.mentor.length > MANY;
    this.ids = new Map(utilities.id.map((id, number) => [id, number]));
    this.state = { pairs: new Uint8Array(0), standing: new Uint8Array(0), year: null, chain: [], selected: null };
    this.pairSeen = new Uint8Array(pairs.mentor.length);
    this.seen = new Uint8Array(utilities.id.length);
    this.near = null;
    this.onChain = new Set();
    const graph = (this.graph = new graphology.Graph({ multi: true, type: "directed", allowSelfLoops: true }));
    utilities.id.forEach((id, number) => graph.addNode(number, { x: utilities.x[number], y: utilities.y[number], size: 3, label: short(utilities.name[number]), color: DIMMED }));
    pairs.mentor.forEach((mentor, number) => graph.addEdgeWithKey(`p${number}`, mentor, pairs.mentee[number], { number, size: 1, color: FAINT }));
    this.renderer = new Sigma(graph, box, {
      allowInvalidContainer: true,
      defaultEdgeType: this.crowded ? "line" : "arrow",
      edgeProgramClasses: this.crowded ? { line: Sigma.rendering?.EdgeLineProgram ?? undefined } : {},
      nodeReducer: (node, held) => this.node(Number(node), held),
      edgeReducer: (edge, held) => this.edge(held.number, held),
      labelFont: "system-ui, sans-serif",
      defaultDrawNodeLabel: label,
      labelColor: { color: PALETTE_INK },
      labelSize: 12,
      labelDensity: 0.6,
      labelGridCellSize: 110,
      labelRenderedSizeThreshold: this.crowded ? 7 : 5.5,
      zIndex: true,
      minCameraRatio: 0.02,
      maxCameraRatio: 3,
      stagePadding: 30,
    });
    this.renderer.on("clickNode", ({ node }) => chosen(utilities.id[Number(node)]));
    this.renderer.on("clickStage", () => this.state.selected !== null && chosen(null));
    this.renderer.on("enterNode", ({ node }) => this.hover(Number(node)));
    this.renderer.on("leaveNode", () => this.hover(null));
    box.addEventListener("keydown", (event) => this.key(event));
    if (this.crowded) setTimeout(() => this.easeOff(), 600);
  }

  // Where a machine draws slowly, as without a graphics card, what was drawn is moved as a whole and drawn anew at the
  // end; while it is zoomed, lines and names rest.
  easeOff() {
    const contexts = Object.values(this.renderer.getCanvases()).map((layer) => layer.getContext("webgl2"));
    const pixel = new Uint8Array(4);
    const began = performance.now();
    this.renderer.render();
    for (const pen of contexts) pen?.readPixels(0, 0, 1, 1, pen.RGBA, pen.UNSIGNED_BYTE, pixel); // waits until it is drawn
    if (performance.now() - began < SLOW) return;
    this.renderer.setSettings({ hideEdgesOnMove: true, hideLabelsOnMove: true, inertiaRatio: 0 });
    slide(this.box, this.renderer);
    this.box.dataset.slides = "yes";
  }

  // What a view shows: masks as text, the year, the utility looked at, the chain, and by what it is coloured and sized.
  show(view) {
    const before = this.state.selected;
    this.state = { ...view, pairs: unpacked(view.pairs), standing: unpacked(view.standing) };
    this.state.selected = view.selected === null ? null : (this.ids.get(view.selected) ?? null);
    this.onChain = new Set(view.chain);
    if (this.state.selected !== before) this.hovered = null;
    this.byYear(view.year);
    // Who has no pair is drawn around the others: without them there is no need of room for them.
    const whole = view.alone ? null : { x: [-1, 1], y: [-1, 1] };
    this.renderer.setCustomBBox(view.near ? this.extent() : whole);
    this.renderer.refresh();
  }

  // The room that what is drawn takes, with a margin for names.
  extent() {
    const { x, y } = this.data.utilities;
    const range = (places) => {
      const shown = places.filter((_, number) => this.seen[number]);
      const [low, high] = [Math.min(...shown), Math.max(...shown)];
      const margin = 0.05 + 0.15 * (high - low);
      return [low - margin, high + margin];
    };
    return { x: range(x), y: range(y) };
  }

  byYear(year) {
    const { pairs } = this.data;
    this.state.year = year;
    this.seen.fill(0);
    this.seen.forEach((_, number) => (this.seen[number] = bit(this.state.standing, number)));
    for (let number = 0; number < this.pairSeen.length; number += 1) {
      const began = pairs.began[number];
      const shown = bit(this.state.pairs, number) && (year === null || (began !== null && began <= year));
      this.pairSeen[number] = shown ? 1 : 0;
      if (shown) this.seen[pairs.mentor[number]] = this.seen[pairs.mentee[number]] = 1;
    }
    this.look();
  }

  // How many utilities and pairs are drawn now.
  counts() {
    const count = (mask) => mask.reduce((total, one) => total + one, 0);
    return { utilities: count(this.seen), pairs: count(this.pairSeen) };
  }

  look() {
    const middle = this.hovered ?? this.state.selected;
    this.middle = middle;
    this.near = null;
    if (this.onChain.size) this.near = this.onChain;
    else if (middle !== null && middle !== undefined) {
      this.near = new Set([middle]);
      const { mentor, mentee } = this.data.pairs;
      this.pairSeen.forEach((shown, number) => {
        if (shown && mentor[number] === middle) this.near.add(mentee[number]);
        if (shown && mentee[number] === middle) this.near.add(mentor[number]);
      });
    }
    this.renderer.refresh({ skipIndexation: true });
  }

  hover(number) {
    this.box.style.cursor = number === null ? "" : "pointer";
    if (this.crowded || this.onChain.size) return;
    this.hovered = number;
    this.look();
  }

  node(number, held) {
    const { utilities } = this.data;
    if (!this.seen[number]) return { ...held, hidden: true };
    const share = utilities.radius[this.state.size][number] ?? 0;
    const size = (this.crowded ? 1.6 : 2.6) + (share / 100) * (this.crowded ? 7 : 11);
    const dim = this.near !== null && !this.near.has(number);
    const marked = number === this.state.selected || this.onChain.has(number);
    return {
      ...held,
      size: marked ? size + 2 : size,
      color: dim ? DIMMED : this.data.palette[utilities.colour[this.state.colour][number]],
      label: dim ? null : held.label,
      forceLabel: marked,
      highlighted: number === this.state.selected,
      zIndex: dim ? 0 : 1,
    };
  }

  edge(number, held) {
    if (!this.pairSeen[number]) return { ...held, hidden: true };
    const { mentor, mentee, proposed } = this.data.pairs;
    if (this.onChain.size) {
      const both = this.onChain.has(mentor[number]) && this.onChain.has(mentee[number]);
      return { ...held, color: both ? CHAIN : FAINTER, size: both ? 3 : 0.7, zIndex: both ? 1 : 0 };
    }
    if (this.near !== null) {
      if (mentor[number] === this.middle) return { ...held, color: GIVES, size: 2, zIndex: 1 };
      if (mentee[number] === this.middle) return { ...held, color: GETS, size: 2, zIndex: 1 };
      return { ...held, color: FAINTER, size: 0.7, zIndex: 0 };
    }
    return { ...held, color: proposed[number] ? PROPOSED : this.crowded ? FAINTER : FAINT, size: this.crowded ? 0.6 : 1.2 };
  }

  centre() {
    if (this.state.selected === null) return;
    const at = this.renderer.getNodeDisplayData(String(this.state.selected));
    if (at) this.renderer.getCamera().animate({ x: at.x, y: at.y, ratio: Math.min(this.renderer.getCamera().ratio, 0.55) }, { duration: calm() });
  }

  zoom(how) {
    const camera = this.renderer.getCamera();
    if (how === "in") camera.animatedZoom({ duration: calm() });
    else if (how === "out") camera.animatedUnzoom({ duration: calm() });
    else camera.animatedReset({ duration: calm() });
  }

  key(event) {
    const camera = this.renderer.getCamera();
    const step = 0.12 * camera.ratio;
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ways[event.key]) camera.setState({ x: camera.x + ways[event.key][0], y: camera.y + ways[event.key][1] });
    else if (event.key === "+" || event.key === "=") this.zoom("in");
    else if (event.key === "-") this.zoom("out");
    else if (event.key === "0") this.zoom("all");
    else return;
    event.preventDefault();
  }

  // The canvas as it is, on white, as a file.
  picture(name) {
    const layers = Object.values(this.renderer.getCanvases());
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [layers[0].width, layers[0].height];
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    this.renderer.refresh({ skipIndexation: true }); // what WebGL has drawn can be read until this task ends
    for (const layer of layers) if (layer.width) pen.drawImage(layer, 0, 0, sheet.width, sheet.height);
    sheet.toBlob((file) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}

// Dragging by mouse moves the picture; the camera follows when the button is let go.
function slide(box, renderer) {
  const camera = renderer.getCamera();
  const canvases = renderer.getCanvases();
  const drawn = ["edges", "nodes", "labels"].map((name) => canvases[name]);
  // What lies over the picture is left out while it is moved: without a graphics card every layer costs time.
  const over = ["edgeLabels", "hovers", "hoverNodes"].map((name) => canvases[name]);
  const place = (text) => {
    drawn.forEach((layer) => (layer.style.transform = text));
    over.forEach((layer) => (layer.style.visibility = text ? "hidden" : ""));
  };
  let from = null;
  let by = { x: 0, y: 0 };
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY };
    by = { x: 0, y: 0 };
    camera.enabledPanning = false;
  }, true);
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    by = { x: event.clientX - from.x, y: event.clientY - from.y };
    place(`translate(${by.x}px, ${by.y}px)`);
  });
  window.addEventListener("pointerup", () => {
    if (!from) return;
    from = null;
    camera.enabledPanning = true;
    if (!by.x && !by.y) return;
    const [start, end] = [{ x: 0, y: 0 }, by].map((at) => renderer.viewportToFramedGraph(at));
    renderer.once("afterRender", () => place(""));
    camera.setState({ x: camera.x + start.x - end.x, y: camera.y + start.y - end.y });
    camera.enabledPanning = false; // until the drag is over for sigma, too
    setTimeout(() => (camera.enabledPanning = true), 0);
  });
}

// A name on a thin white edge, so that it can be read over lines and other utilities.
function label(pen, data, settings) {
  if (!data.label) return;
  pen.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
  pen.lineWidth = 3.5;
  pen.lineJoin = "round";
  pen.strokeStyle = "#ffffff";
  const [x, y] = [data.x + data.size + 3, data.y + settings.labelSize / 3];
  pen.strokeText(data.label, x, y);
  pen.fillStyle = settings.labelColor.color;
  pen.fillText(data.label, x, y);
}

function short(name) {
  return name.length > 34 ? `${name.slice(0, 33)}…` : name;
}

function unpacked(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

function bit(bytes, number) {
  return (bytes[number >> 3] >> (number & 7)) & 1;
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 350;
}
