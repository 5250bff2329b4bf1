/* eslint-disable @typescript-eslint/no-deprecated -- of createElement only the overload for names of no element is; the type has them all */
/**
 * Runs `work`, whose `style` elements become adopted style sheets: the page's policy forbids styles in the document, which
 * xterm makes for its colours and sizes.
 */
export function withAdoptedStyles(work: () => void): void {
  const make = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    if (name !== "style") return make(name, options);
    const standIn = make("meta"); // it may be put anywhere and shows nothing
    adopt(standIn);
    return standIn;
  };
  try {
    work();
  } finally {
    document.createElement = make;
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
