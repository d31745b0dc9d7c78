// What every client here has in common: follow a subscription across all interruptions, and know when to stop.

// The server refused, and will refuse again: to connect anew is of no use. All other errors are interruptions.
export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

const FOR_GOOD = new Set([
  'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT', 'QUERY_TOO_COMPLEX', 'CURSOR_EXPIRED',
]);

// Turns GraphQL errors into what to throw.
export function refusal([{ message, extensions }]) {
  return FOR_GOOD.has(extensions?.code) ? new Refused(extensions.code, message) : new Error(message);
}

// #region follow
// Subscribes, and whenever that ends subscribes again from behind the last event that the caller has dealt with.
// `subscribe(after)` is one connection: it yields events until it is interrupted, whether it then throws or just ends.
export async function* follow(subscribe, after = null, pause = backOff) {
  for (let failures = 0; ; failures += 1) {
    let begun = false;
    try {
      for await (const event of subscribe(after)) {
        begun = true;
        failures = 0;
        yield event;
        after = event.cursor; // the caller asks for the next one: this one is done
      }
    } catch (error) {
      // Refused at once is refused for good. Later on a token ran out or a role changed: sign in and try once more.
      if (error instanceof Refused && !begun) throw error;
    }
    await pause(failures);
  }
}

// 0.25 s, then twice as long each time up to 30 s, and up to a half more, so that clients don't come back all at once.
function backOff(failures) {
  const wait = Math.min(30_000, 250 * 2 ** failures);
  return new Promise((resolve) => setTimeout(resolve, wait * (1 + Math.random() / 2)));
}
// #endregion
