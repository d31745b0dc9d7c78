// What every client here has in common: follow a subscription across all interruptions, and know when to stop.

// #region refused
// The server says no for good: to connect again is of no use. Every other error is an interruption.
export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

const FOR_GOOD = new Set([
  'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT', 'QUERY_TOO_COMPLEX', 'CURSOR_EXPIRED',
]);
const CLOSED_FOR_GOOD = new Set([1009, 4400, 4406, 4409, 4429]);

// What to throw for GraphQL errors ...
export function refusal([{ message, extensions }]) {
  return FOR_GOOD.has(extensions?.code) ? new Refused(extensions.code, message) : new Error(message);
}

// ... for a WebSocket that was closed, or never opened ...
export function closing({ code, reason }) {
  if (code === 4401) return new Refused('UNAUTHENTICATED', reason);
  return CLOSED_FOR_GOOD.has(code) ? new Refused('BAD_REQUEST', reason) : new Error(`closed: ${code} ${reason}`);
}

// ... and for an HTTP status that is no success.
export function answered(status) {
  if (status === 401) return new Refused('UNAUTHENTICATED', 'sign in');
  return status < 500 && status !== 429 ? new Refused('BAD_REQUEST', status) : new Error(`status ${status}`);
}
// #endregion

// #region catch up
// Reads what was missed, a page of `Query.events` at a time, and returns the cursor to subscribe from.
export async function catchUp(page, after, handle) {
  for (;;) {
    const { nodes, pageInfo } = await page(after);
    for (const event of nodes) await handle(event);
    after = pageInfo.endCursor; // on an empty page too
    if (!pageInfo.hasNextPage) return after;
  }
}
// #endregion

// #region follow
// Subscribes, and whenever that ends subscribes again from behind the last event that the caller has dealt with.
// `subscribe(after)` is one connection: it yields events until it is interrupted, whether it then throws or just ends.
export async function* follow(subscribe, after = null, pause = backOff) {
  for (let failures = 0; ; failures += 1) {
    let hasBegun = false;
    try {
      for await (const event of subscribe(after)) {
        hasBegun = true;
        failures = 0;
        yield event;
        after = event.cursor; // the caller asks for the next one: this one is done
      }
    } catch (error) {
      // Refused at once is refused for good. Later on a token ran out or a role changed: sign in and try once more.
      if (error instanceof Refused && !hasBegun) throw error;
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

// #region anew
// For the first time, and after CURSOR_EXPIRED: listens, and only then reads what is to be kept.
export async function* followAnew(subscribe, readAll, pause = backOff) {
  let isRead = false;
  for await (const event of follow(subscribe, null, pause)) {
    if (!isRead) await readAll(); // the first event is a HEARTBEAT: from here on nothing is missed
    isRead = true;
    yield event;
  }
}
// #endregion
