/**
 * Runs `work`, whose `style` elements become adopted style sheets: the page's policy forbids styles in the document, which
 * xterm makes for its colours and sizes.
 */
export function withAdoptedStyles(work: () => void): void {
  const make = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = make(name, options);
    if (name === "style") adopt(element);
    return element;
  }) as typeof document.createElement;
  try {
    work();
  } finally {
    document.createElement = make as typeof document.createElement;
  }
}

function adopt(element: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  let text = "";
  Object.defineProperty(element, "textContent", {
    get: () => text,
    set(css: string) {
      text = css;
      sheet.replaceSync(css);
    },
  });
}
