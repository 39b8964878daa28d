"use strict";
(() => {
  // Everything that comes out of the data goes into the document as text: no markup is ever made of it.
  const ZEROED = 6;
  const LEAST = 22, MOST = 4000, ROWS = 100;
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const place = document.getElementById("explorer");
  if (!place) return;
  document.documentElement.classList.add("scripted");

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
    return node;
  };
  const clear = (node, ...children) => { node.replaceChildren(...children); return node; };
  const exact = (count) => `${count.toLocaleString("en-US")} bytes`;
  const bytes = (count) => {
    const size = Math.abs(count), sign = count < 0 ? "−" : "";
    if (size < 1000) return `${sign}${size} B`;
    let value = size, unit = 0;
    const units = ["B", "kB", "MB", "GB"];
    while (value >= 999.5 && unit < 3) { value /= 1000; unit++; }
    return `${sign}${value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)} ${units[unit]}`;
  };
  const percent = (part, whole) => (whole ? `${(100 * part / whole).toFixed(part / whole >= 0.0995 ? 0 : 1)} %` : "");
  const plural = (count, one, many) => `${count.toLocaleString("en-US")} ${count === 1 ? one : many || one + "s"}`;

  // ---- data

  async function inflate(text) {
    if (typeof DecompressionStream === "undefined") throw new Error("it lacks DecompressionStream");
    const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }

  const compare = (a, b) => b.size - a.size || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

  class Node {
    constructor(name, type, parent) {
      this.name = name; this.type = type; this.parent = parent;
      this.size = 0; this.kind = -1; this.row = -1; this.children = [];
    }
    get path() { return this.parent ? [...this.parent.path, this] : [this]; }
  }

  class Binary {
    // One binary's symbols as columns, and a tree: all, groups, packages, symbols.
    constructor(path, label, data, all) {
      this.path = path; this.label = label; this.size = data.size; this.why = data.why;
      const count = data.name.length;
      this.count = count;
      this.kind = data.class; this.bytes = data.bytes; this.tables = data.tables; this.reason = data.reason;
      this.parent = data.parent;
      this.cause = new Map(data.cause);
      this.name = new Array(count); this.package = new Int32Array(count);
      let number = 0;
      for (let row = 0; row < count; row++) this.name[row] = all.names[number += data.name[row]] || "(no name)";
      this.nodes = new Array(count);
      this.root = new Node(label, "all", null);
      const groups = new Map(), packages = new Map();
      const groupOf = (name) => {
        if (!groups.has(name)) { const node = new Node(name, "group", this.root); groups.set(name, node); this.root.children.push(node); }
        return groups.get(name);
      };
      const packageOf = (number) => {
        if (!packages.has(number)) {
          const group = groupOf(all.groups[number]);
          const node = new Node(all.packages[number] || all.groups[number], "package", group);
          packages.set(number, node); group.children.push(node);
        }
        return packages.get(number);
      };
      let row = 0;
      for (const [number, many] of data.package) {
        const node = packageOf(number);
        for (const end = row + many; row < end; row++) {
          const symbol = new Node(this.name[row], "symbol", node);
          symbol.row = row; symbol.kind = this.kind[row];
          symbol.size = this.inFile(row);
          this.package[row] = number;
          this.nodes[row] = symbol;
          node.children.push(symbol);
        }
      }
      for (const [number, kind, many, size] of data.small || []) {
        const node = packageOf(number), rest = new Node(`${many} small symbols`, "rest", node);
        rest.kind = kind; rest.size = kind === ZEROED ? 0 : size;
        node.children.push(rest);
      }
      for (const [group, name, size] of data.rest) {
        const parent = groupOf(group), node = new Node(name, "rest", parent);
        node.kind = facts.outside[group] ?? facts.kinds.length - 1; node.size = size;
        parent.children.push(node);
      }
      this.packages = packages;
      this.add(this.root);
      this.reached = null;
    }
    inFile(row) { return (this.kind[row] === ZEROED ? 0 : this.bytes[row]) + this.tables[row]; }
    add(node) {
      for (const child of node.children) { this.add(child); }
      if (node.children.length) node.size = node.children.reduce((sum, child) => sum + child.size, 0);
      node.children.sort(compare);
      // A group whose only package has its name is that package.
      node.children = node.children.map((child) => {
        if (child.type !== "group" || child.children.length !== 1 || child.children[0].type !== "package") return child;
        const only = child.children[0];
        only.parent = node; return only;
      });
    }
    way(row) {
      const rows = [row];
      while (this.parent[row] && rows.length < 10000) rows.push(row = this.parent[row] - 1);
      return rows.reverse();
    }
    through(row) {
      // What was first reached by way of a symbol: how many symbols, and their bytes in the file.
      if (!this.reached) {
        const depth = new Int32Array(this.count).fill(-1);
        const depthOf = (at) => {
          const stack = [];
          while (at >= 0 && depth[at] < 0) { stack.push(at); at = this.parent[at] - 1; }
          let d = at >= 0 ? depth[at] : -1;
          while (stack.length) depth[stack.pop()] = ++d;
        };
        for (let at = 0; at < this.count; at++) depthOf(at);
        const many = new Int32Array(this.count), size = new Float64Array(this.count);
        const order = Array.from({length: this.count}, (_, at) => at).sort((a, b) => depth[b] - depth[a]);
        for (const at of order) {
          const up = this.parent[at] - 1;
          if (up >= 0) { many[up] += many[at] + 1; size[up] += size[at] + this.inFile(at); }
        }
        this.reached = {many, size, depth};
      }
      return {many: this.reached.many[row], size: this.reached.size[row]};
    }
    nearest(node) {
      // The symbol of a package that the entry reaches in the fewest steps.
      this.through(0);
      let best = -1;
      for (const child of node.children) {
        if (child.row >= 0 && this.parent[child.row] && (best < 0 || this.reached.depth[child.row] < this.reached.depth[best])) best = child.row;
      }
      return best;
    }
  }

  // ---- the page's part

  const state = {binary: null, other: null, root: null, picked: null, words: "", shown: ROWS, now: -1};
  let all = null;
  const binaries = new Map();
  const open = (path) => {
    if (!binaries.has(path)) binaries.set(path, new Binary(path, facts.binaries[path] || path, all.binaries[path], all));
    return binaries.get(path);
  };

  const choose = make("select", {id: "binary"});
  const against = make("select", {id: "against"});
  const search = make("input", {id: "search", type: "search", placeholder: "name or package", autocomplete: "off", spellcheck: "false"});
  const crumbs = make("ol", {class: "crumbs", "aria-label": "Where you are"});
  const map = make("div", {
    class: "map", id: "map", tabindex: "0", role: "listbox", "aria-label": "Treemap of sizes; the table below has the same. Arrow keys move, Enter opens, Escape goes up.",
  });
  const legend = make("ul", {class: "legend", "aria-label": "Colours"});
  const said = make("p", {class: "quiet", role: "status", "aria-live": "polite"});
  const detail = make("section", {class: "panel", "aria-label": "Selected"});
  const list = make("div", {class: "list"});
  const tip = make("div", {class: "tip", hidden: true});

  function show(root, picked) {
    state.root = root; state.picked = picked || null; state.shown = ROWS; state.now = -1;
    said.textContent = "";
    draw();
  }
  const pick = (row) => {
    const node = state.binary.nodes[row];
    state.words = search.value = "";
    show(node.parent, node);
    said.textContent = `${tell(node)}, in ${node.parent.name}`;
    map.scrollIntoView({block: "nearest"});
  };

  function draw() {
    drawCrumbs(); drawMap(); drawDetail(); drawList();
  }

  function drawCrumbs() {
    const steps = state.root.path;
    clear(crumbs, ...steps.map((node, at) => make("li", {},
      at === steps.length - 1 ? make("span", {"aria-current": "true"}, make("bdi", {}, node.name))
        : make("button", {type: "button", class: "link", onclick: () => show(node)}, make("bdi", {}, node.name)))));
  }

  // Rectangles for sizes, as square as they get (Bruls, Huizing, van Wijk: Squarified Treemaps).
  function squarify(nodes, x, y, width, height, put) {
    const total = nodes.reduce((sum, node) => sum + node.size, 0);
    if (!total || width <= 0 || height <= 0) return;
    const scale = width * height / total;
    let at = 0;
    while (at < nodes.length && nodes[at].size) {
      const side = Math.min(width, height);
      let sum = 0, worst = Infinity, end = at;
      while (end < nodes.length && nodes[end].size) {
        const next = sum + nodes[end].size * scale;
        const ratio = Math.max(side * side * nodes[at].size * scale / (next * next), next * next / (side * side * nodes[end].size * scale));
        if (ratio > worst) break;
        worst = ratio; sum = next; end++;
      }
      const thick = sum / side;
      let along = 0;
      for (; at < end; at++) {
        const length = nodes[at].size * scale / thick;
        if (width >= height) put(nodes[at], x, y + along, thick, length);
        else put(nodes[at], x + along, y, length, thick);
        along += length;
      }
      if (width >= height) { x += thick; width -= thick; } else { y += thick; height -= thick; }
    }
  }

  let cells = [];
  function drawMap() {
    const width = map.clientWidth, height = map.clientHeight;
    cells = [];
    let count = 0;
    // What the arrow keys step through: packages, or below them symbols; and whatever has no parts.
    const steps = (node) => node.type !== "group" && (node.type !== "symbol" || state.root.type === "package");
    const hits = new Set(state.words ? state.binary.nodes.filter(matches).map((node) => node.parent) : []);
    // Level by level, so that what is large is there before the number of cells runs out.
    const holder = document.createDocumentFragment();
    const pending = [[state.root, holder, 0, 0, width, height]];
    for (let at = 0; at < pending.length; at++) {
      const [parent, into, x, y, w, h] = pending[at];
      const few = [];
      let left = 0, many = 0;
      const kinds = facts.kinds.map(() => 0);
      const least = LEAST * parent.size / Math.max(1, w * h);
      for (const node of parent.children) {
        if (node.size && node.size >= least && count + few.length < MOST) few.push(node);
        else if (node.size) { left += node.size; many++; if (node.kind >= 0) kinds[node.kind] += node.size; }
      }
      if (left && few.length) {
        const rest = new Node(`${many.toLocaleString("en-US")} smaller`, "many", parent);
        rest.size = left; rest.kind = kinds.some((size) => size) ? kinds.indexOf(Math.max(...kinds)) : -1;
        few.push(rest);
      }
      squarify(few, x, y, w, h, (node, nx, ny, nw, nh) => {
        const gap = node.children.length ? 1 : 0;
        const cell = make("div", {});
        count++;
        cell.style.left = `${nx}px`; cell.style.top = `${ny}px`;
        cell.style.width = `${Math.max(1, nw - gap)}px`; cell.style.height = `${Math.max(1, nh - gap)}px`;
        cell.node = node;
        if (node.kind >= 0) cell.className = `k${node.kind}`;
        if (state.words && node.type === "symbol" && !matches(node)) cell.classList.add("dim");
        if (node === state.picked) cell.classList.add("picked");
        if (node.type === "many") cell.classList.add("many");
        if (hits.has(node)) cell.classList.add("hit");
        if (steps(node)) {
          cell.id = `cell${cells.length}`;
          cell.setAttribute("role", "option");
          cell.setAttribute("aria-label", tell(node));
          cell.setAttribute("aria-selected", String(node === state.picked));
          cells.push({cell, node});
        } else {
          cell.setAttribute("role", "presentation");
        }
        into.append(cell);
        if (node.children.length) {
          const head = nw > 46 && nh > 34 ? 18 : 0;
          if (head) cell.append(make("div", {class: "head"}, node.name));
          if (nw > 7 && nh > 7) pending.push([node, cell, 1, head, nw - 4, nh - head - 3]);
        } else if (nw > 44 && nh > 16) {
          cell.classList.add("leaf");
          if (nh > 44) cell.classList.add("wrapped");
          cell.append(short(node));
        }
      });
    }
    clear(map, holder);
    map.removeAttribute("aria-activedescendant");
    if (state.now >= 0) step(state.now);
  }
  // Inside of its package a symbol does without the package's name.
  const short = (node) => (node.type === "symbol" && node.name.startsWith(`${node.parent.name}.`) ? node.name.slice(node.parent.name.length + 1) : node.name);
  const tell = (node) => `${node.name}, ${bytes(node.size)}, ${percent(node.size, state.binary.size)}`;

  function nodeAt(event) {
    const cell = event.target.closest(".map div");
    const holder = cell && (cell.node ? cell : cell.parentElement);
    return holder && holder.node;
  }
  function enter(node) {
    // The node itself where it is shown whole, else the package that it is in.
    if (node.type === "rest" || node.type === "many" || node.type === "symbol") {
      if (node.parent === state.root) return node.type === "symbol" ? pick(node.row) : undefined;
      return show(node.parent, node.type === "symbol" && state.words ? node : null);
    }
    return show(node);
  }
  map.addEventListener("click", (event) => { const node = nodeAt(event); if (node) enter(node); });
  map.addEventListener("pointermove", (event) => {
    const node = nodeAt(event);
    tip.hidden = !node;
    if (!node) return;
    const where = node.type === "symbol" && state.root.type !== "package" ? `${node.parent.name} › ` : "";
    clear(tip, make("bdi", {}, where + node.name), make("br"), `${bytes(node.size)}, ${percent(node.size, state.binary.size)}`,
      node.kind >= 0 && node.type === "symbol" ? ` · ${facts.kinds[node.kind] || "zeroed memory"}` : "");
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 8 : event.clientY + 18}px`;
  });
  map.addEventListener("pointerleave", () => { tip.hidden = true; });

  function step(to) {
    map.querySelector(".now")?.classList.remove("now");
    state.now = to;
    const {cell, node} = cells[to];
    cell.classList.add("now");
    map.setAttribute("aria-activedescendant", cell.id);
    said.textContent = tell(node);
  }
  const ways = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
  map.addEventListener("keydown", (event) => {
    if (event.key in ways && cells.length) {
      event.preventDefault();
      if (state.now < 0) return step(0);
      const [dx, dy] = ways[event.key], from = cells[state.now];
      const absolute = (cell) => { const box = cell.cell.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
      const [x, y] = absolute(from);
      let best = -1, least = Infinity;
      cells.forEach((cell, at) => {
        const [cx, cy] = absolute(cell), ahead = (cx - x) * dx + (cy - y) * dy, aside = Math.abs((cx - x) * dy) + Math.abs((cy - y) * dx);
        if (at !== state.now && ahead > 1 && ahead + 2.5 * aside < least) { least = ahead + 2.5 * aside; best = at; }
      });
      if (best >= 0) step(best);
    } else if ((event.key === "Enter" || event.key === " ") && state.now >= 0) {
      event.preventDefault();
      enter(cells[state.now].node);
    } else if (event.key === "Escape" && state.root.parent) {
      event.preventDefault();
      show(state.root.parent);
    }
  });

  // ---- what is selected, and why it is there

  const symbolLink = (row) => make("button", {type: "button", class: "link mono", onclick: () => pick(row)}, make("bdi", {}, state.binary.name[row]));

  function how(row) {
    const binary = state.binary, reason = all.reasons[binary.reason[row]], cause = binary.cause.get(row + 1);
    const because = cause ? symbolLink(cause - 1) : "reachable code";
    switch (reason) {
      case "call": return ["calls"];
      case "reference": return ["refers to"];
      case "table": return ["has in its tables"];
      case "interface method": return ["has this method, and ", because, " calls one like it through an interface:"];
      case "named method": return ["has this method, and ", because, " asks for one of its name:"];
      case "reflected method": return ["has this exported method, and ", because, " may call any by reflection:"];
      default: return [];
    }
  }

  function whyList(row) {
    const rows = state.binary.way(row);
    return make("ol", {class: "why"}, ...rows.map((at, step) => make("li", {},
      step ? make("span", {class: "how"}, ...how(at)) : "",
      at === row ? make("bdi", {class: "mono"}, state.binary.name[at]) : symbolLink(at),
      !step ? make("span", {class: "how"}, all.reasons[state.binary.reason[at]] === "linker" ? "made by the linker itself" : "where it starts") : "")));
  }

  function share(sums, whole) {
    const strip = make("div", {class: "share", "aria-hidden": "true"});
    sums.forEach((size, kind) => {
      if (!size) return;
      const part = make("span", {class: `k${kind}`, title: `${facts.kinds[kind]}: ${bytes(size)}`});
      part.style.width = `${100 * size / whole}%`;
      strip.append(part);
    });
    return strip;
  }

  function sumKinds(node, sums = facts.kinds.map(() => 0)) {
    const binary = state.binary;
    if (node.row >= 0) {
      if (node.kind !== ZEROED) sums[node.kind] += binary.bytes[node.row];
      sums[4] += binary.tables[node.row];
    } else if (node.children.length) node.children.forEach((child) => sumKinds(child, sums));
    else if (node.kind >= 0 && node.kind < sums.length) sums[node.kind] += node.size;
    return sums;
  }

  const row = (name, ...value) => [make("dt", {}, name), make("dd", {}, ...value)];
  function drawDetail() {
    const binary = state.binary, node = state.picked || state.root;
    const parts = [make("h3", {id: "picked"}, make("bdi", {}, node.name))];
    if (node.row >= 0) {
      const at = node.row, through = binary.through(at);
      const zeroed = node.kind === ZEROED;
      parts.push(make("dl", {class: "facts"},
        ...row("In the file", exact(node.size), node.size ? `, ${percent(node.size, binary.size)}` : ""),
        ...(binary.tables[at] ? row("Of these", `${exact(binary.bytes[at])} of code, ${exact(binary.tables[at])} of tables for the runtime`) : []),
        ...(zeroed ? row("In memory", exact(binary.bytes[at]), ", zeroed when the program starts") : row("Kind", facts.kinds[node.kind])),
        ...row("Package", make("button", {type: "button", class: "link", onclick: () => show(node.parent)}, make("bdi", {}, node.parent.name))),
        ...(through.many ? row("Reached through it", `${plural(through.many, "symbol")}, ${bytes(through.size)}: it was the first to need them`) : [])));
      if (binary.why) parts.push(make("h3", {}, "Why it is here"), whyList(at));
    } else {
      const sums = sumKinds(node);
      parts.push(share(sums, node.size || 1));
      parts.push(make("dl", {class: "facts"},
        ...row("Size", exact(node.size), `, ${percent(node.size, binary.size)}`),
        ...sums.flatMap((size, kind) => (size ? row(facts.kinds[kind], bytes(size)) : []))));
      const near = binary.why && node.type === "package" ? binary.nearest(node) : -1;
      if (near >= 0) parts.push(make("h3", {}, "Why it is here"), make("p", {class: "soft"}, "The shortest way from the entry to a symbol of this package:"), whyList(near));
      else if (!binary.why) parts.push(make("p", {class: "soft"}, "Why things are here is known of binaries that pygo-cross linked."));
      else if (node.type === "all") parts.push(make("p", {class: "soft"}, "Open a package and pick a symbol to see why it is here."));
    }
    clear(detail, ...parts);
  }

  // ---- lists

  const fold = (text) => text.toLowerCase();
  function matches(node) { return fold(node.name).includes(state.words) || fold(node.parent.name).includes(state.words); }

  function table(head, rows, more) {
    const body = make("tbody", {}, ...rows.slice(0, state.shown));
    const parts = [make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": more},
      make("table", {class: "rows"}, make("thead", {}, make("tr", {}, ...head)), body))];
    if (rows.length > state.shown) {
      parts.push(make("p", {}, make("button", {type: "button", onclick: () => { state.shown *= 4; drawList(); }}, `Show more of ${rows.length.toLocaleString("en-US")}`)));
    }
    return parts;
  }
  const column = (text, number) => make("th", {scope: "col", class: number ? "number" : undefined}, text);
  const sizeCell = (size) => make("td", {class: "number", title: exact(size)}, bytes(size));

  function opener(node) {
    if (node.type === "rest") return make("bdi", {}, node.name);
    return make("button", {type: "button", class: node.row >= 0 ? "link mono" : "link", onclick: () => (node.row >= 0 ? pick(node.row) : show(node))}, make("bdi", {}, node.name));
  }

  function drawList() {
    if (state.words) return drawFound();
    if (state.other) return drawCompared();
    const nodes = state.root.children.filter((node) => node.size || node.row >= 0);
    const rows = nodes.map((node) => make("tr", {}, make("td", {}, opener(node)),
      node.kind === ZEROED ? make("td", {class: "number soft"}, "memory only") : sizeCell(node.size),
      make("td", {class: "number"}, percent(node.size, state.root.size))));
    return clear(list, ...table([column("Name"), column("Size", true), column("Share", true)], rows, "Contents"));
  }

  function drawFound() {
    const found = state.binary.nodes.filter(matches).sort(compare);
    const total = found.reduce((sum, node) => sum + node.size, 0);
    said.textContent = found.length ? `${plural(found.length, "symbol")} found, ${bytes(total)}` : "Nothing of that name";
    const rows = found.slice(0, state.shown + 1).map((node) => make("tr", {}, make("td", {}, opener(node)),
      make("td", {}, make("bdi", {}, node.parent.name)), node.kind === ZEROED ? make("td", {class: "number soft"}, "memory only") : sizeCell(node.size)));
    rows.length = Math.max(rows.length, Math.min(found.length, state.shown + 1));
    clear(list, ...(found.length ? table([column("Name"), column("Package"), column("Size", true)], rows, "Found") : []));
  }

  function drawCompared() {
    // By name: the packages of two binaries, or the symbols of one package.
    const mine = new Map(), theirs = new Map();
    const symbols = state.root.type === "package";
    const take = (into, binary) => {
      const each = (node) => {
        const leaf = symbols ? node.row >= 0 || node.type === "rest" : node.type === "package" || node.type === "rest";
        if (!leaf) return node.children.forEach(each);
        const key = symbols ? node.name : node.type === "rest" ? `${node.parent.name}: ${node.name}` : node.name;
        const known = into.get(key);
        into.set(key, {size: (known ? known.size : 0) + node.size, node});
      };
      if (!symbols) return each(binary.root);
      for (const node of binary.packages.values()) if (node.name === state.root.name) node.children.forEach(each);
    };
    take(mine, state.binary); take(theirs, state.other);
    const keys = [...new Set([...mine.keys(), ...theirs.keys()])];
    const differences = keys.map((key) => {
      const here = mine.get(key), there = theirs.get(key);
      return {key, node: here && here.node, here: here ? here.size : 0, there: there ? there.size : 0};
    }).filter((entry) => entry.here || entry.there);
    const delta = (entry) => entry.here - entry.there;
    differences.sort((a, b) => Math.abs(delta(b)) - Math.abs(delta(a)) || (a.key < b.key ? -1 : 1));
    const signed = (size) => make("td", {class: `number ${size > 0 ? "up" : size < 0 ? "down" : ""}`, title: exact(size)}, size > 0 ? `+${bytes(size)}` : size ? bytes(size) : "0");
    const sum = differences.reduce((total, entry) => total + delta(entry), 0);
    said.textContent = `${state.binary.label} has ${sum > 0 ? "+" : ""}${bytes(sum)} ${symbols ? `in ${state.root.name}` : "in all"} against ${state.other.label}`;
    const rows = differences.map((entry) => make("tr", {}, make("td", {}, entry.node && entry.node.type !== "rest" ? opener(entry.node) : make("bdi", {}, entry.key)),
      sizeCell(entry.here), sizeCell(entry.there), signed(delta(entry))));
    clear(list, ...table([column("Name"), column(state.binary.label, true), column(state.other.label, true), column("Difference", true)], rows, "Comparison"));
  }

  // ---- start

  function select(path, rootName) {
    state.binary = open(path);
    state.other = against.value && against.value !== path ? open(against.value) : null;
    state.words = fold(search.value.trim());
    const same = rootName && [...state.binary.packages.values()].find((node) => node.name === rootName);
    show(same || state.binary.root);
  }

  function start() {
    const paths = Object.keys(all.binaries);
    choose.append(...paths.map((path) => make("option", {value: path}, facts.binaries[path] || path)));
    against.append(make("option", {value: ""}, "nothing"), ...paths.map((path) => make("option", {value: path}, facts.binaries[path] || path)));
    const again = () => select(choose.value, state.root && state.root.type === "package" ? state.root.name : "");
    choose.addEventListener("change", again);
    against.addEventListener("change", again);
    let wait = 0;
    search.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        state.words = fold(search.value.trim()); state.shown = ROWS;
        if (!state.words) said.textContent = "";
        drawMap(); drawList();
      }, 120);
    });
    facts.kinds.forEach((kind, number) => legend.append(make("li", {}, make("i", {class: `k${number}`, "aria-hidden": "true"}), kind)));
    const label = (text, control, kind) => make("label", {class: kind || ""}, text, control);
    clear(place,
      make("div", {class: "bar"}, label("Binary", choose), paths.length > 1 ? label("Compare with", against) : "", label("Search symbols", search, "grow")),
      crumbs, make("div", {class: "inside"}, make("div", {}, map, legend, said), detail), list, tip);
    document.querySelectorAll("a[data-look]").forEach((link) => {
      link.hidden = !(link.dataset.look in all.binaries);
      link.addEventListener("click", () => { choose.value = link.dataset.look; select(choose.value); });
    });
    let width = 0;
    new ResizeObserver(() => { if (map.clientWidth !== width) { width = map.clientWidth; if (state.root) drawMap(); } }).observe(map);
    select(paths[0]);
  }

  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((node) => { node.open = true; }));
  inflate(document.getElementById("contents").textContent).then((data) => { all = data; start(); }).catch((error) => {
    clear(place, make("p", {class: "soft"}, `This browser can't show the inside of binaries: ${error.message}`));
  });
})();
