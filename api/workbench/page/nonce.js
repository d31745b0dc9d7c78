// Gives each style element that a script makes the page's nonce: without it the browser lets none of them in.
const { nonce } = document.querySelector('script[nonce]');
const create = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = create(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
