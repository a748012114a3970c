"use strict";
// Interactive parts of the page: values of single steps in charts, the completion browser, and the
// reloading of a page that is still being written. All text of models is set through `textContent`;
// no data is ever interpreted as HTML.
(() => {
  const $ = (id) => document.getElementById(id);
  const make = (tag, css, text) => {
    const element = document.createElement(tag);
    if (css) element.className = css;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // ---- what survives a reload -------------------------------------------------------------
  const PLACE = "report:" + location.pathname;
  const restored = (() => {
    try { return JSON.parse(sessionStorage.getItem(PLACE)) || {}; } catch { return {}; }
  })();
  const view = { panel: 0, at: null, from: null, filter: "all", search: "", id: null, ...restored.view };
  const nameOf = (d) => d.closest("[id]").id + "|" + d.querySelector("summary").textContent;
  const remember = () => {
    const open = {};
    for (const d of document.querySelectorAll("details")) open[nameOf(d)] = d.open;
    const place = { view, open, y: scrollY, list: $("list") ? $("list").scrollTop : 0, paused };
    try { sessionStorage.setItem(PLACE, JSON.stringify(place)); } catch { /* a full or closed store */ }
  };
  let paused = Boolean(restored.paused);

  // ---- folded sections --------------------------------------------------------------------
  const unfold = (id) => {
    const target = $(id);
    if (!target) return;
    const own = target.querySelector(":scope > details");
    if (own) own.open = true;
    for (let d = target.parentElement; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
    target.scrollIntoView();
  };

  // ---- charts -----------------------------------------------------------------------------
  for (const figure of document.querySelectorAll("figure[data-places]")) {
    const places = figure.dataset.places.split(" ").map(Number);
    const plot = figure.querySelector(".plot");
    const svg = plot.querySelector("svg");
    const width = svg.viewBox.baseVal.width;
    const cursor = plot.querySelector(".cursor");
    const readout = plot.querySelector(".readout");
    const head = [...figure.querySelectorAll("thead th")].map((cell) => cell.textContent);
    const rows = figure.querySelectorAll("tbody tr");
    let index = -1;
    const show = (to) => {
      index = Math.min(Math.max(to, 0), places.length - 1);
      const cells = [...rows[index].children].map((cell) => cell.textContent);
      const values = cells.slice(1).map((v, i) => (cells.length > 2 ? head[i + 1] + " " + v : v));
      readout.textContent = "step " + cells[0] + ": " + values.join(", ");
      cursor.style.left = (100 * places[index]) / width + "%";
      cursor.style.top = "0";
      cursor.style.height = "85%";
      cursor.hidden = readout.hidden = false;
    };
    const hide = () => { cursor.hidden = readout.hidden = true; index = -1; };
    plot.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * width;
      let best = 0;
      places.forEach((place, i) => { if (Math.abs(place - x) < Math.abs(places[best] - x)) best = i; });
      show(best);
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: places.length - 1 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      show(moves[event.key]);
    });
  }

  // ---- completions ------------------------------------------------------------------------
  const panels = JSON.parse($("completion-data").textContent);
  const known = (list) => list.filter(Boolean);
  const STAGES = [
    ["all", "All", () => true],
    ["right", "Right", (a) => a && a.right],
    ["wrong", "Wrong", (a) => a && !a.right],
    ["gained", "Flipped to right", (a, b) => a && b && a.right && !b.right],
    ["lost", "Flipped to wrong", (a, b) => a && b && !a.right && b.right],
    ["hacked", "Hacked", (a) => a && a.hacked],
    ["format", "Right, not in the tags", (a) => a && !a.right && a.lenient],
    ["cut", "Cut", (a) => a && a.cut],
  ];
  const GROUP = [
    ["all", "All", () => true],
    ["mixed", "Right and wrong", (_, __, all) => all.some((c) => c.right) && all.some((c) => !c.right)],
    ["right", "All right", (_, __, all) => all.every((c) => c.right)],
    ["wrong", "All wrong", (_, __, all) => all.every((c) => !c.right)],
    ["hacked", "Hacked", (_, __, all) => all.some((c) => c.hacked)],
    ["cut", "Cut", (_, __, all) => all.some((c) => c.cut)],
  ];
  const SAMPLES = [  // of all completions the first is the greedy one
    ["all", "All", () => true],
    ["mixed", "Some right", (_, __, [, ...drawn]) => drawn.some((c) => c.right) && drawn.some((c) => !c.right)],
    ["right", "All right", (_, __, [, ...drawn]) => drawn.every((c) => c.right)],
    ["wrong", "All wrong", (_, __, [, ...drawn]) => drawn.every((c) => !c.right)],
    ["gained", "Greedy wrong, a sample right", (_, __, [greedy, ...drawn]) => !greedy.right && drawn.some((c) => c.right)],
    ["lost", "Greedy right, a sample wrong", (_, __, [greedy, ...drawn]) => greedy.right && drawn.some((c) => !c.right)],
    ["hacked", "Hacked", (_, __, all) => all.some((c) => c.hacked)],
    ["format", "Right, not in the tags", (_, __, all) => all.some((c) => !c.right && c.lenient)],
    ["cut", "Cut", (_, __, all) => all.some((c) => c.cut)],
  ];
  const FILTERS = { stages: STAGES, group: GROUP, samples: SAMPLES };
  const browse = () => {
    let shown = [];
    const panel = () => panels[view.panel];
    const filters = () => FILTERS[panel().kind];
    const passes = (filter, item) => filter[2](
      item.completions[view.at], item.completions[view.from], known(item.completions));
    const haystack = (item) => {
      if (item.hay === undefined) {
        item.hay = [item.id, item.question, item.gold, ...known(item.completions).map((c) => c.text)]
          .join("\n").toLowerCase();
      }
      return item.hay;
    };
    const button = (label, pressed, act) => {
      const found = make("button", "", label);
      found.type = "button";
      found.setAttribute("aria-pressed", String(pressed));
      found.addEventListener("click", act);
      return found;
    };
    const pick = (select, chosen, set) => {
      select.replaceChildren(...panel().columns.map((column, i) => {
        const option = make("option", "", column.label);
        option.value = String(i);
        option.selected = i === chosen;
        return option;
      }));
      select.onchange = () => { set(Number(select.value)); update(); };
    };

    const drawTools = () => {
      $("panels").hidden = panels.length < 2;
      $("panels").replaceChildren(...panels.map((p, i) => button(p.title, i === view.panel, () => {
        Object.assign(view, { panel: i, at: null, from: null, filter: "all", id: null });
        update();
        $("panels").children[i].focus();
      })));
      const stages = panel().kind === "stages" && panel().columns.length > 1;
      $("against").hidden = !stages;
      pick($("at"), view.at, (i) => { view.at = i; });
      pick($("from"), view.from, (i) => { view.from = i; });
      $("filters").replaceChildren(...filters().map((filter, i) => {
        const n = panel().items.filter((item) => passes(filter, item)).length;
        const found = button(filter[1] + " ", filter[0] === view.filter, () => {
          view.filter = filter[0];
          update();
          $("filters").children[i].focus();
        });
        found.dataset.filter = filter[0];
        found.disabled = n === 0 && filter[0] !== view.filter;
        found.append(make("span", "n", String(n)));
        return found;
      }));
    };

    const mark = (c) => make("span", c ? (c.right ? "right" : "wrong") : "none", c ? (c.right ? "✓" : "✗") : "–");
    const entry = (item, index) => {
      const li = make("li");
      li.id = "item-" + index;
      li.setAttribute("role", "option");
      li.setAttribute("aria-selected", "false");
      const marks = make("span", "marks");
      marks.append(...item.completions.map(mark));
      const told = item.completions.map((c, i) => panel().columns[i].label + (c ? (c.right ? " right" : " wrong") : " missing"));
      marks.setAttribute("role", "img");
      marks.setAttribute("aria-label", told.join(", "));
      const label = item.step === undefined ? "" : "step " + item.step + " · ";
      li.append(make("span", "q", label + item.question), marks);
      li.addEventListener("click", () => select(index));
      return li;
    };

    // ---- links to a problem and a filter --------------------------------------------------
    const link = () => {
      const item = shown[current()];
      const parts = new URLSearchParams();
      if (item) parts.set("problem", item.id);
      if (item && item.step !== undefined) parts.set("step", item.step);
      if (view.filter !== "all") parts.set("filter", view.filter);
      if (view.panel) parts.set("panel", panel().title);
      if (panel().kind === "stages" && panel().columns.length > 1) {
        parts.set("at", panel().columns[view.at].label);
        parts.set("from", panel().columns[view.from].label);
      }
      if (view.search) parts.set("search", view.search);
      return "#" + parts;
    };
    const follow = () => {
      if (!location.hash.includes("=")) return false;
      const parts = new URLSearchParams(location.hash.slice(1));
      const place = (name) => {
        const found = panel().columns.findIndex((column) => column.label === parts.get(name));
        return found < 0 ? null : found;
      };
      view.panel = Math.max(0, panels.findIndex((p) => p.title === parts.get("panel")));
      Object.assign(view, {
        at: place("at"), from: place("from"), filter: parts.get("filter") || "all",
        search: parts.get("search") || "",
        id: parts.has("problem") ? parts.get("problem") + "#" + (parts.get("step") || "") : null,
      });
      $("search").value = view.search;
      update();
      const chosen = $("list").querySelector('[aria-selected="true"]');
      if (chosen) chosen.scrollIntoView({ block: "nearest" });
      $("completions").scrollIntoView();
      return true;
    };

    const select = (index, focus) => {
      const list = $("list");
      const old = list.querySelector('[aria-selected="true"]');
      if (old) old.setAttribute("aria-selected", "false");
      const item = shown[index];
      view.id = item ? item.id + "#" + (item.step || "") : null;
      if (!item) {
        list.removeAttribute("aria-activedescendant");
        $("detail").replaceChildren(make("p", "", "Nothing to show with this filter."));
        return;
      }
      const li = list.children[index];
      li.setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", li.id);
      if (focus) li.scrollIntoView({ block: "nearest" });
      drawDetail(item, index);
    };
    const current = () => shown.findIndex((item) => item.id + "#" + (item.step || "") === view.id);
    const move = (by) => {
      if (shown.length) select(Math.min(Math.max(current() + by, 0), shown.length - 1), true);
    };

    const badges = (c) => {
      const box = make("p", "badges");
      const add = (text, alarm) => box.append(make("span", alarm ? "badge alarm" : "badge", text));
      if (c.hacked) add("hacked: rewarded, but wrong according to the independent extractor", true);
      if (c.fault) add("no reward: " + c.fault, true);
      if (c.cut) add("cut off at the limit", true);
      if (c.status) add(c.status.replaceAll("_", " "));
      if (!c.right && c.lenient) add("right outside the tags");
      if (c.stated !== undefined) add("confidence " + c.stated);
      if (c.tokens !== undefined) add(c.tokens + " tokens");
      return box;
    };
    const scores = (c) => {
      const table = make("table", "scores");
      const body = make("tbody");
      const add = (name, value) => {
        if (value === null || value === undefined) return;
        const row = make("tr");
        const head = make("th", "", name);
        head.scope = "row";
        const bar = make("meter");
        bar.min = 0; bar.max = 1; bar.value = value;
        bar.setAttribute("aria-label", name);
        const cell = make("td");
        cell.append(bar);
        row.append(head, make("td", "", value.toFixed(3)), cell);
        body.append(row);
      };
      add("total", c.total);
      for (const [name, value] of Object.entries(c.components || {})) add(name, value);
      table.append(body);
      return table;
    };
    const trace = (text) => {
      if (!text) return make("p", "note", "(an empty completion)");
      const pre = make("pre");
      for (const part of text.split(/(<\/?[a-z_]{1,20}>)/)) {
        pre.append(/^<\/?[a-z_]{1,20}>$/.test(part) ? make("span", "tag", part) : part);
      }
      return pre;
    };
    const drawDetail = (item, index) => {
      const head = make("div", "head");
      head.append(make("strong", "", (item.step === undefined ? "Problem " : "Step " + item.step + ", problem ") + (index + 1) + " of " + shown.length));
      const steps = make("span", "buttons");
      const step = (label, by) => {
        const found = make("button", "step", label);
        found.type = "button";
        found.disabled = index + by < 0 || index + by >= shown.length;
        found.addEventListener("click", () => {
          move(by);
          const again = $("detail").querySelectorAll(".step")[by < 0 ? 0 : 1];
          (again.disabled ? $("list") : again).focus();
        });
        return found;
      };
      steps.append(step("← Previous", -1), step("Next →", 1));
      const here = make("a", "", "link to this");
      here.href = link();
      steps.append(here);
      head.append(steps);
      const gold = make("p", "", "Gold: ");
      gold.append(make("code", "", item.gold));
      const origin = [item.id];
      if (item.row !== undefined) origin.push("row " + item.row + " of the held-out file");
      if (item.source) origin.push("source " + item.source + (item.origin ? ", " + item.origin : ""));
      if (item.license) origin.push(item.license);
      if (item.digest) origin.push("digest " + item.digest);
      const sides = make("div", "sides");
      item.completions.forEach((c, i) => {
        if (!c && panel().kind !== "stages") return;
        const side = make("article", "side " + panel().columns[i].css);
        const title = make("h4", "", panel().columns[i].label);
        title.append(make("span", c ? (c.right ? "right" : "wrong") : "none", c ? (c.right ? "✓ right" : "✗ wrong") : "no prediction"));
        side.append(title);
        if (c) side.append(badges(c), trace(c.text), scores(c));
        sides.append(side);
      });
      if (item.tally) gold.append(". ", item.tally + ".");
      $("detail").replaceChildren(head, make("p", "question", item.question), gold, make("p", "origin", origin.join(" · ")), sides);
    };

    const update = () => {
      view.panel = panels[view.panel] ? view.panel : 0;
      const last = panel().columns.length - 1;
      if (!(view.at >= 0 && view.at <= last) || view.at === null) view.at = last;
      if (!(view.from >= 0 && view.from <= last) || view.from === null) view.from = Math.max(last - 1, 0);
      const filter = filters().find((f) => f[0] === view.filter) || filters()[0];
      view.filter = filter[0];
      drawTools();
      const needle = view.search.trim().toLowerCase();
      shown = panel().items.filter((item) => passes(filter, item) && (!needle || haystack(item).includes(needle)));
      const unit = panel().kind === "group" ? " groups" : " problems";
      $("count").textContent = shown.length + " of " + panel().items.length + unit + " on this page";
      $("list").replaceChildren(...shown.map(entry));
      select(Math.max(current(), 0));
    };

    $("search").value = view.search;
    $("search").addEventListener("input", () => { view.search = $("search").value; update(); });
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "Escape") { $("search").value = view.search = ""; update(); }
    });
    $("list").addEventListener("keydown", (event) => {
      const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      move(moves[event.key]);
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/") { event.preventDefault(); $("search").focus(); }
      if (event.key === "j") move(1);
      if (event.key === "k") move(-1);
    });
    $("browser").hidden = false;
    $("no-script").hidden = true;
    update();
    $("list").scrollTop = restored.list || 0;
    addEventListener("hashchange", follow);
    follow();
  };
  if (panels.length) browse();
  const jump = () => { if (!location.hash.includes("=")) unfold(decodeURIComponent(location.hash.slice(1))); };
  addEventListener("hashchange", jump);
  for (const a of document.querySelectorAll('nav a[href^="#"]')) a.addEventListener("click", () => unfold(a.hash.slice(1)));

  // ---- a page that is still being written -------------------------------------------------
  const every = Number(document.body.dataset.reload);
  for (const d of document.querySelectorAll("details")) {
    const before = (restored.open || {})[nameOf(d)];
    if (before !== undefined) d.open = before;
  }
  if (location.hash) jump();
  if (every) {
    const say = () => {
      $("pause").setAttribute("aria-pressed", String(paused));
      $("pause").textContent = paused ? "Go on" : "Pause";
      $("pause-state").textContent = paused ? "stands still" : "loads itself again every " + every / 1000 + " s";
    };
    $("pause").addEventListener("click", () => { paused = !paused; say(); remember(); });
    say();
    const busy = () => document.activeElement === $("search") || String(getSelection()) !== "";
    setInterval(() => {
      if (paused || busy() || document.hidden) return;
      remember();
      location.reload();
    }, every);
    if (restored.y !== undefined) {
      history.scrollRestoration = "manual";
      scrollTo(0, restored.y);
    }
  }
  addEventListener("pagehide", remember);
})();
