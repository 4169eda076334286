/* Goes into a copy of a report page: measure() is what a reader would see of it. */
'use strict';
function rgba(text) {
  var m = text.match(/[\d.]+/g).map(Number);
  return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1];
}
function luminance(c) {
  var v = c.slice(0, 3).map(function (x) {
    x /= 255;
    return x <= 0.04045 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4);
  });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
function background(e) {
  for (; e; e = e.parentElement) {
    var c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] === 1) return c;
  }
  return [255, 255, 255, 1];
}
function isSeen(e) {
  var r = e.getBoundingClientRect();
  return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility === 'visible';
}
/* The lowest contrast of text that is seen, and the smallest letters. */
function measureText(out) {
  var walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), node;
  out.contrast = 99;
  out.smallest = 99;
  while ((node = walk.nextNode())) {
    var e = node.parentElement, style = getComputedStyle(e);
    if (!node.data.trim() || /^(script|style|title)$/i.test(e.tagName) || !isSeen(e)) continue;
    var svg = e.ownerSVGElement, scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    var a = luminance(rgba(svg ? style.fill : style.color)), b = luminance(background(e));
    var ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize) * scale;
    if (ratio < out.contrast) { out.contrast = ratio; out.contrast_of = node.data.trim().slice(0, 40); }
    if (size < out.smallest) { out.smallest = size; out.smallest_of = node.data.trim().slice(0, 40); }
  }
}
function measureCharts(out) {
  out.charts = [];
  document.querySelectorAll('figure.chart').forEach(function (f) {
    var svg = f.querySelector('svg'), box = svg.viewBox.baseVal, cut = [], texts = [], taken = [], over = [];
    svg.querySelectorAll('text').forEach(function (t) {
      var b = t.getBBox();
      texts.push(t.textContent);
      if (b.x < 0 || b.y < 0 || b.x + b.width > box.width || b.y + b.height > box.height) cut.push(t.textContent);
      taken.forEach(function (o) {
        if (b.x < o.x + o.width && o.x < b.x + b.width && b.y + 3 < o.y + o.height && o.y + 3 < b.y + b.height)
          over.push(t.textContent);
      });
      taken.push(b);
    });
    out.charts.push({title: f.querySelector('figcaption').textContent, seen: isSeen(svg), texts: texts, cut: cut,
                     over: over, marks: svg.querySelectorAll('rect').length});
  });
}
function measureRules(out) {
  out.rules = [];
  document.querySelectorAll('details.rule').forEach(function (d) {
    var code = d.querySelector('summary code');
    out.rules.push({rule: code.textContent, severity: d.querySelector('.badge').textContent,
                    listed: d.querySelectorAll('.findings li').length, pictures: d.querySelectorAll('img').length,
                    text: d.querySelector('.findings').textContent});
  });
}
function measure() {
  var out = {width: innerWidth, scroll_width: document.documentElement.scrollWidth,
             scheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
             back: getComputedStyle(document.body).backgroundColor, broken: 0, pictures: 0};
  document.querySelectorAll('img').forEach(function (i) {
    out.pictures++;
    if (!i.complete || !i.naturalWidth) out.broken++;
  });
  out.requests = performance.getEntriesByType('resource').map(function (r) { return r.name; }).filter(function (n) {
    return n.indexOf('data:') !== 0;
  });
  out.small_targets = [];
  document.querySelectorAll('nav a, summary').forEach(function (a) {
    if (isSeen(a) && a.getBoundingClientRect().height < 24) out.small_targets.push(a.textContent);
  });
  out.dead_links = [];
  document.querySelectorAll('a').forEach(function (a) {
    if (!document.querySelector(a.getAttribute('href'))) out.dead_links.push(a.getAttribute('href'));
  });
  measureText(out);
  measureCharts(out);
  measureRules(out);
  return out;
}
