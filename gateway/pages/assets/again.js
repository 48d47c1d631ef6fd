// Asks again by itself for what could not be shown, not everybody at the same moment.
const { retry, here } = document.getElementById("trouble").dataset;
setTimeout(() => location.replace(here), Number(retry) * 1000 * (1 + Math.random() / 2));
