// graphql-sse in its usual mode: a request of its own, answered by an event stream, for each operation.

import { createClient } from 'graphql-sse';

import { answered, refusal } from './resuming.mjs';
import { walk } from './walk.mjs';

export function connect({ url, token }) {
  // #region client
  const client = createClient({
    url,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 0, // a retry sends the first `after` again: `follow` subscribes anew instead
  });

  // One connection's events. The client throws a NetworkError, with the response if there was one.
  async function* subscribe(query, variables) {
    try {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (errors) throw refusal(errors);
        yield Object.values(data)[0];
      }
    } catch (ended) {
      throw ended.response ? answered(ended.response.status) : ended;
    }
  }
  // #endregion

  async function ask(query, variables) {
    for await (const { data, errors } of client.iterate({ query, variables })) {
      if (errors) throw refusal(errors);
      return data;
    }
  }

  return { ask, subscribe, close: () => client.dispose() };
}

await walk('graphql-sse', connect);
