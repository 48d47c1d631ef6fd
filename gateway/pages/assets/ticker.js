// A timer that a tab in the background keeps: a page's own are slowed down to one a minute.
setInterval(() => postMessage(0), 1000);
