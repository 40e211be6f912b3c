// A history is sent as it is, not as a form: it may be large, and how much has arrived can be shown.
const form = document.getElementById("upload");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = form.querySelector("input[type=file]").files[0];
  const fault = document.getElementById("upload-fault");
  const sent = document.getElementById("sent");
  const button = form.querySelector("[type=submit]");
  const query = new URLSearchParams({ ...form.dataset.compared && JSON.parse(form.dataset.compared), name: file.name });
  if (form.elements.corrections?.checked) query.set("corrections", "true");
  const request = new XMLHttpRequest();
  request.open("POST", `${form.dataset.address}?${query}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.setRequestHeader("x-csrf-token", form.dataset.csrf);
  request.setRequestHeader("hx-request", "true");
  request.upload.addEventListener("progress", (step) => {
    sent.value = step.lengthComputable ? step.loaded / step.total : 0;
  });
  const failed = (words) => {
    fault.innerHTML = words;
    sent.hidden = true;
    button.disabled = false;
  };
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.getResponseHeader("location"));
    else if (request.status === 401) location.reload();
    else failed(request.responseText);
  });
  request.addEventListener("error", () => {
    failed("");
    fault.textContent = form.dataset.failed;
  });
  fault.textContent = "";
  sent.hidden = false;
  button.disabled = true;
  request.send(file);
});
