// A file: dropped anywhere on its field, refused before it is sent if it is too large, its way shown as it goes.
document.addEventListener("dragover", (event) => {
  const drop = event.target.closest?.(".drop");
  if (drop) event.preventDefault();
  document.querySelector(".drop")?.classList.toggle("over", Boolean(drop));
});
document.addEventListener("drop", (event) => {
  const drop = event.target.closest?.(".drop");
  if (!drop || !event.dataTransfer.files.length) return;
  event.preventDefault();
  drop.classList.remove("over");
  drop.querySelector("input").files = event.dataTransfer.files;
  drop.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
});
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const [said, progress] = [document.getElementById("upload-said"), document.getElementById("upload-progress")];
  const refuse = (words) => {
    progress.hidden = true;
    said.innerHTML = '<p class="notice bad" role="alert"></p>';
    said.firstChild.textContent = words;
  };
  const tooLarge = () => form.elements.file.files[0]?.size > Number(form.dataset.limit);
  form.elements.file.addEventListener("change", () => {
    said.replaceChildren();
    if (tooLarge()) refuse(form.dataset.tooLarge);
  });
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (tooLarge()) {
      event.preventDefault();
      refuse(form.dataset.tooLarge);
    } else {
      progress.hidden = false;
    }
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) progress.value = (100 * event.detail.loaded) / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", () => (progress.hidden = true));
  form.addEventListener("htmx:sendError", () => refuse(form.dataset.broken));
})();
