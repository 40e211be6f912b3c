// Light or dark: remembered in a cookie, so that the server writes the page that way at once and nothing flashes.
document.getElementById("theme").addEventListener("change", (event) => {
  const theme = event.target.value;
  document.cookie = `complaints_theme=${theme}; path=/console; max-age=31536000; samesite=lax`;
  if (theme === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
  document.dispatchEvent(new Event("theme"));
});

// What cannot be taken back is asked for once more.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// From a case one goes back to the list it was found in.
if (location.pathname === "/console/cases") sessionStorage.setItem("cases", location.search);
const cases = document.querySelector(".crumbs a[href='/console/cases']");
if (cases) cases.search = sessionStorage.getItem("cases") ?? "";

// In a narrow window the navigation scrolls: bring the page one is on into view.
document.querySelector("nav.pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
