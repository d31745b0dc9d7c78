// Reads an observable with `for await`, value by value in their order; it is unsubscribed from where the loop is left.

export async function* each(observable) {
  const waiting = [];
  let wake = () => {};
  const put = (step) => {
    waiting.push(step);
    wake();
  };
  const subscription = observable.subscribe({
    next: (value) => put({ value }),
    error: (error) => put({ error }),
    complete: () => put({ isComplete: true }),
  });
  try {
    for (;;) {
      while (waiting.length === 0) await new Promise((resolve) => (wake = resolve));
      const { value, error, isComplete } = waiting.shift();
      if (error) throw error;
      if (isComplete) return;
      yield value;
    }
  } finally {
    subscription.unsubscribe();
  }
}
