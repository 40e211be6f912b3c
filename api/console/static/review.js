// Keys: the element with the letter as its data-key is pressed, opened or focused. Never while one types.
const desk = document.getElementById("desk");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const field = event.target.closest("input:not([type=hidden]), textarea, select");
  if (field) {
    if (event.key === "Escape") leaveField(field);
    return;
  }
  const wanted = desk.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (desk.classList.contains("htmx-request")) return; // it would be meant for the case that is going
  if (wanted.matches("button")) wanted.click();
  else if (wanted.matches("summary")) open(wanted);
  else wanted.focus();
});

function open(summary) {
  const details = summary.parentElement;
  details.open = !details.open;
  (details.open ? details.querySelector("textarea, select, input:not([type=hidden])") : summary).focus();
}

function leaveField(field) {
  if (field.id === "find") {
    field.value = "";
    search(field);
  }
  document.getElementById("case-title")?.focus();
}

// Searching all categories.
function search(field) {
  const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = document.getElementById("all-categories");
  groups.open = words.length > 0 || "open" in groups.dataset;
  let first = null;
  groups.querySelector(".first")?.classList.remove("first");
  for (const button of groups.querySelectorAll("button")) {
    const name = button.textContent.toLowerCase();
    button.hidden = !words.every((word) => button.dataset.words.includes(word));
    // A name that has the words goes before a meaning that has them.
    if (words.length && !button.hidden && (!first || (!first.named && words.every((word) => name.includes(word)))))
      first = { button, named: words.every((word) => name.includes(word)) };
  }
  for (const group of groups.querySelectorAll("fieldset"))
    group.hidden = !group.querySelector("button:not([hidden])");
  const found = document.getElementById("found");
  found.textContent = words.length ? found.dataset.none : "";
  if (first) offer(first.button);
}

// What Enter will take, of what was found.
function offer(button) {
  document.querySelector("#all-categories .first")?.classList.remove("first");
  button.classList.add("first");
  button.scrollIntoView({ block: "nearest" });
  const found = document.getElementById("found");
  found.textContent = found.dataset.first + button.textContent;
}

function offerNext(step) {
  const buttons = [...document.querySelectorAll("#all-categories button:not([hidden])")];
  const next = buttons[buttons.findIndex((button) => button.classList.contains("first")) + step];
  if (next) offer(next);
}

desk.addEventListener("input", (event) => {
  if (event.target.id === "find") search(event.target);
});
desk.addEventListener("keydown", (event) => {
  if (event.target.id !== "find" || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault(); // it would press the first button of the form
    if (!event.repeat) document.querySelector("#all-categories .first")?.click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    offerNext(event.key === "ArrowDown" ? 1 : -1);
  }
});

// The facets that the chosen category settles are not asked; what was chosen there comes back with another category.
function settle() {
  const category = document.getElementById("category");
  if (!category) return;
  const settled = (category.selectedOptions[0]?.dataset.settles ?? "").trim().split(" ").filter(Boolean);
  for (const facet of document.querySelectorAll("#facets select")) {
    facet.disabled = settled.includes(facet.name);
    facet.closest("label").hidden = facet.disabled;
  }
  const told = document.getElementById("settled");
  told.textContent = settled.length ? told.dataset.told : "";
}

desk.addEventListener("change", (event) => {
  if (event.target.id === "category") settle();
});

function begin() {
  settle();
  const find = desk.querySelector(".find");
  if (find) find.hidden = false;
}
begin();

// What is refused is said beside the case; the case, and what one has typed, stays.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const fault = document.getElementById("fault");
  if (event.detail.xhr.status < 400 || !fault) return;
  event.detail.target = fault;
  event.detail.swapOverride = "innerHTML";
});
document.body.addEventListener("htmx:sendError", () => {
  document.getElementById("fault")?.replaceChildren(document.getElementById("away").content.cloneNode(true));
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === desk) {
    begin();
    window.scrollTo(0, 0);
  } else if (event.detail.target.id === "hold") claimedAgain();
  else if (event.detail.target.id === "fault") event.detail.target.querySelector("button")?.focus();
});

function claimedAgain() {
  const fault = document.getElementById("fault");
  if (!fault.childElementCount || !document.getElementById("until")) return;
  fault.replaceChildren();
  document.getElementById("case-title").focus(); // the button that had it is gone
}

// Whoever leaves the page lets go of the case.
window.addEventListener("pagehide", () => {
  const hold = document.getElementById("hold");
  const until = document.getElementById("until");
  if (!hold || !until) return;
  const csrf = document.querySelector("#judge [name=csrf]").value;
  navigator.sendBeacon(hold.dataset.leave, new URLSearchParams({ csrf, until: until.value }));
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what it shows was let go
});
