/* Buttons that copy a text: shown only where this script runs; without it the text can be selected as any other. */
(() => {
  const copied = async (source) => {
    const text = "value" in source ? source.value : source.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Browsers give the clipboard to https and localhost alone: elsewhere select and copy.
      const selection = getSelection();
      selection.removeAllRanges();
      if ("select" in source) {
        source.select();
      } else {
        selection.selectAllChildren(source);
      }
      return document.execCommand("copy");
    }
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) {
      continue;
    }
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (await copied(source)) {
        button.textContent = button.dataset.done;
        setTimeout(() => {
          button.textContent = label;
        }, 2000);
      }
    });
  }
})();
