// The editor: line numbers beside the text, and what is wrong beside its line.
const text = document.getElementById("text");
const editor = text.closest(".editor");
const gutter = editor.querySelector(".gutter");
const findings = document.getElementById("findings");
const style = getComputedStyle(text);
const wide = matchMedia("(min-width: 1000px)");
const height = parseFloat(style.lineHeight);
const above = parseFloat(style.paddingTop) + parseFloat(style.borderTopWidth);

function number() {
  const wanted = text.value.split("\n").length;
  while (gutter.childElementCount > wanted) gutter.lastElementChild.remove();
  while (gutter.childElementCount < wanted) {
    const line = document.createElement("span");
    line.textContent = gutter.childElementCount + 1;
    gutter.append(line);
  }
}

function mark() {
  for (const line of gutter.querySelectorAll(".wrong")) line.classList.remove("wrong");
  for (const note of findings.querySelectorAll(".notes li")) gutter.children[note.dataset.line - 1]?.classList.add("wrong");
  place();
}

// Each note stands beside its line, or below the note before it.
function place() {
  const first = gutter.firstElementChild;
  if (first) first.style.marginTop = `${above - 1 - text.scrollTop}px`;
  const notes = findings.querySelectorAll(".notes li");
  editor.classList.toggle("noted", notes.length > 0 && wide.matches);
  let free = -Infinity;
  for (const note of notes) {
    const top = Math.max(free, above + (note.dataset.line - 1) * height - text.scrollTop);
    note.style.top = `${top}px`;
    free = top + note.offsetHeight + 5;
  }
}

function go(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  text.scrollTop = Math.max(0, (line - 4) * height);
  text.scrollLeft = 0;
}

findings.addEventListener("click", (event) => {
  const place = event.target.closest("[data-line]");
  if (!place) return;
  event.preventDefault();
  go(Number(place.dataset.line));
});
// What was typed is not lost by a click elsewhere.
let sent = false;
text.form.addEventListener("submit", () => (sent = true));
window.addEventListener("beforeunload", (event) => {
  if (!sent && text.value !== text.defaultValue) event.preventDefault();
});
text.addEventListener("input", () => {
  number();
  place();
});
text.addEventListener("scroll", place);
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === findings) mark();
});
window.addEventListener("resize", place);
number();
mark();
