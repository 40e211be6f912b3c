// Draws every .chart from the ECharts option beside it (.chart-data). Options are JSON and hold no functions: axes and
// tooltips name a formatter of ours instead, "percent" or "number".
(() => {
  const FORMATTERS = {
    percent: (value) => (value == null ? "–" : `${(100 * value).toFixed(1)}%`),
    number: (value) => (value == null ? "–" : Number(value).toLocaleString("en-US")),
  };
  const AXES = ["xAxis", "yAxis"];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const many = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

  function named(holder, key) {
    if (holder && typeof holder[key] === "string" && holder[key] in FORMATTERS) holder[key] = FORMATTERS[holder[key]];
  }

  // Labels of points are given the point, and not its value alone.
  function atPoint(label) {
    const format = FORMATTERS[label.formatter];
    if (format) label.formatter = ({ value }) => format(Array.isArray(value) ? value.at(-1) : value);
  }

  function styled(option) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    // Options may name our colours: "--sure" is what console.css says it is now.
    const resolve = (value) => {
      if (typeof value === "string") return value.startsWith("--") ? colour(value) : value;
      if (Array.isArray(value)) return value.map(resolve);
      if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
      }
      return value;
    };
    const own = resolve(option);
    const text = { color: colour("--ink"), fontFamily: style.fontFamily };
    for (const axis of AXES.flatMap((name) => many(own[name]))) {
      axis.axisLabel = { color: colour("--soft"), hideOverlap: true, ...axis.axisLabel };
      axis.axisLine = { lineStyle: { color: colour("--line") }, ...axis.axisLine };
      axis.splitLine = { lineStyle: { color: colour("--line") }, ...axis.splitLine };
      named(axis.axisLabel, "formatter");
    }
    for (const series of many(own.series)) {
      if (series.type === "bar") series.barMaxWidth ??= 44;
      if (series.markLine) {
        series.markLine = { symbol: "none", ...series.markLine };
        series.markLine.label = { position: "insideEndTop", color: colour("--soft"), ...series.markLine.label };
        atPoint(series.markLine.label);
      }
      named(series.tooltip, "valueFormatter");
      if (series.label) {
        series.label = { color: colour("--ink"), ...series.label };
        atPoint(series.label);
      }
    }
    // Tooltips are drawn, not written as HTML: that would need inline styles.
    own.tooltip = {
      trigger: own.xAxis ? "axis" : "item", renderMode: "richText", confine: true, backgroundColor: colour("--raised"),
      borderColor: colour("--line"), textStyle: text, ...own.tooltip,
    };
    named(own.tooltip, "valueFormatter");
    if (own.legend) own.legend = { textStyle: text, inactiveColor: colour("--soft"), type: "scroll", top: 0, ...own.legend };
    return {
      animation: !still.matches,
      color: ["--accent", "--second", "--third", "--fourth", "--fifth", "--sixth"].map(colour),
      textStyle: text,
      grid: { left: 8, right: 16, top: own.legend ? 44 : 16, bottom: 8, containLabel: true },
      ...own,
    };
  }

  function draw(place) {
    const data = place.parentElement.querySelector(".chart-data");
    const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "svg" });
    chart.setOption(styled(JSON.parse(data.textContent)), { notMerge: true });
    if (!place.dataset.watched) {
      place.dataset.watched = "yes";
      new ResizeObserver(() => chart.resize()).observe(place);
    }
  }

  const drawAll = (within) => within.querySelectorAll(".chart").forEach(draw);

  drawAll(document);
  document.addEventListener("theme", () => drawAll(document));
  dark.addEventListener("change", () => drawAll(document));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.matches?.(".chart")) echarts.getInstanceByDom(event.target)?.dispose();
  });
  document.addEventListener("htmx:load", (event) => {
    // The first one is of the page as a whole, which is drawn already.
    if (event.target !== document.body) drawAll(event.target.parentElement ?? document);
  });
})();
