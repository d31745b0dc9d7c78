// The way that every client goes: a query, a mutation, subscriptions; the server dies, something happens, it is back.

import assert from 'node:assert/strict';

import { operation } from './operations.mjs';
import { ask, hangUp, say } from './parent.mjs';
import { follow } from './resuming.mjs';
import { Story } from './story.mjs';

const soon = () => new Promise((resolve) => setTimeout(resolve, 100));

export async function walk(name, connect) {
  const url = process.argv[2];
  const { TOKEN, INPUT, EXPIRED } = process.env;
  if (!url || !TOKEN || !INPUT || !EXPIRED) {
    console.error('usage: TOKEN=<bearer token> INPUT=<of submit, as JSON> EXPIRED=<a cursor> node <client>.mjs <url>');
    process.exit(2);
  }
  const documents = [];
  const client = connect({ url, token: async () => TOKEN, fetch: watched(documents) });
  say(`${name} is a ${(await client.ask(operation('viewer'), {})).viewer.role}`);

  await followAcrossTheServersEnds(client, JSON.parse(INPUT));
  await beRefused(client, EXPIRED);
  await outliveToken({ url, connect, lasting: TOKEN });
  if (client.isPersisting) assert.deepEqual(new Set(documents), new Set(['left out', 'sent']));
  await client.close();
  hangUp();
}

// Notes of each request with a hash whether the document went with it.
function watched(documents) {
  return (address, options) => {
    const { query, extensions } = JSON.parse(options.body);
    if (extensions?.persistedQuery) documents.push(query ? 'sent' : 'left out');
    return fetch(address, options);
  };
}

async function followAcrossTheServersEnds(client, input) {
  const told = new Story(follow((after) => client.subscribe(operation('events-live'), { after }), null, soon));
  const { type, cursor: start } = await told.next();
  assert.equal(type, 'HEARTBEAT', 'a stream begins with where it stands');

  const { id } = await submit(client, input);
  assert.equal((await submit(client, input)).id, id, 'the same key gives the first result again');
  assert.equal((await told.event()).type, 'SUBMITTED');
  const states = new Story(follow(() => client.subscribe(operation('request-live'), { id }), null, soon));
  assert.equal((await states.next()).status, 'SUBMITTED');
  say('submitted a request, twice with one key, and was told of it once');

  await ask('KILL');
  assert.equal((await told.event()).type, 'REVISED');
  say('the server was killed and is back: was told what happened in the meantime');

  await ask('STOP');
  assert.equal((await told.event()).type, 'WITHDRAWN');
  say('the server was stopped and is back: was told what happened in the meantime');

  while ((await states.next()).status !== 'WITHDRAWN');
  say('the page of the request is up to date');

  const { events } = await client.ask(operation('events'), { after: start });
  assert.deepEqual(told.events.map(essence), events.nodes.map(essence), 'what the log has: in order, once each');
  assert.deepEqual(events.nodes.map(({ type: each }) => each), ['SUBMITTED', 'REVISED', 'WITHDRAWN']);
  await Promise.all([told.end(), states.end()]);
}

async function submit(client, input) {
  const { submitExtraSessionsRequest: answer } = await client.ask(operation('submit'), { input });
  assert.deepEqual(answer.userErrors, []);
  return answer.request;
}

// Every sending seals the cursor anew.
const essence = ({ type, occurredAt, request }) => [type, occurredAt, request.id];

async function beRefused(client, expired) {
  const from = (after) => follow(() => client.subscribe(operation('events-live'), { after }), null, soon);
  await refuses(from(expired), 'CURSOR_EXPIRED');
  await refuses(from('none of ours'), 'BAD_USER_INPUT');
  say('cursors that are too old, or none, were refused as such');
}

async function outliveToken({ url, connect, lasting }) {
  let token = await ask('TOKEN');
  const client = connect({ url, token: async () => token, fetch });
  const told = new Story(follow((after) => client.subscribe(operation('events-live'), { after }), null, soon));
  assert.equal((await told.next()).type, 'HEARTBEAT');
  token = lasting;
  assert.equal((await told.next()).type, 'HEARTBEAT', 'of the next connection: one alone would have 30 s between two');
  await told.end();
  say('the token ran out: signed in with the next one');

  token = 'unknown';
  const stranger = connect({ url, token: async () => token, fetch });
  await refuses(follow(() => stranger.subscribe(operation('events-live'), {}), null, soon), 'UNAUTHENTICATED');
  await Promise.all([client.close(), stranger.close()]);
  say('without one it was refused, and tried no more');
}

async function refuses(stream, code) {
  await assert.rejects(stream.next(), (error) => error.code === code || assert.fail(error));
}
