// Keys of present mode and of a show: each clicks a button of the page. Without this, the buttons themselves do the same.
(() => {
  if (window.streamsideKeys) return;
  window.streamsideKeys = true;
  const BUTTONS = {
    p: "present-begin", Escape: "present-end",
    " ": "show-next", ArrowRight: "show-next", ArrowLeft: "show-before", b: "show-backup", r: "show-again",
  };
  addEventListener("keydown", event => {
    const { key, target } = event;
    const name = BUTTONS[key.length > 1 ? key : key.toLowerCase()];
    if (!name || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key !== "Escape" && target.closest?.("input, textarea, [contenteditable], [role=listbox]")) return;
    const button = document.querySelector(`.st-key-icon-${name} button`);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();  // R would run Streamlit's script again
    button.click();
  }, { capture: true });
})();
