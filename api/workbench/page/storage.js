// What GraphiQL would keep in the browser, kept in this page instead: whoever leaves it leaves nothing behind.
export function inMemory(beginning) {
  const kept = new Map(Object.entries(beginning));
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => kept.delete(key),
    setItem: (key, value) => kept.set(key, value),
  };
}
