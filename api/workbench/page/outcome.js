// Says in one sentence what came of a run, to the eye and to screen readers; the whole answer stands in the result pane.
const UNREACHABLE = 'The server can’t be reached. Nothing is lost: run it again in a moment.';

/** Show a sentence; `kind` is done, refused or nothing. */
export function tell(sentence, kind = '') {
  const place = document.getElementById('outcome');
  place.dataset.kind = kind;
  place.textContent = sentence;
  return place;
}

/** Offer to sign in and to come back to this very place, and return the error for the result pane. */
export function signedOut(meaning) {
  const sentence = `You are signed out: ${meaning}`;
  const link = document.createElement('a');
  link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = 'Sign in again';
  tell(`${sentence} `, 'refused').append(link);
  return shown(`${sentence} Sign in again: the link is above.`);
}

/** Say that no answer came, and return the error for the result pane. */
export function unreachable() {
  tell(UNREACHABLE, 'refused');
  return shown(UNREACHABLE);
}

/** Say what is still to be filled in, and return the error for the result pane. */
export function unsent(names) {
  const sentence = `Not sent: fill in ${names.join(' and ')}, between the quotation marks in the variables.`;
  tell(sentence, 'refused');
  return shown(sentence);
}

/** Make an error for the result pane, which would write the stack out too: that says nothing to whoever reads it. */
function shown(sentence) {
  return Object.assign(new Error(sentence), { stack: undefined });
}

/** Tell what a result means, and return whether a mutation was done. */
export function outcomeOf(kind, result) {
  const refusals = refusalsOf(result);
  const isDone = kind === 'mutation' && refusals.length === 0;
  if (refusals.length) tell(`${kind === 'mutation' ? 'Not done' : 'Not answered'}: ${refusals.join(' ')}`, 'refused');
  else tell(`${LEAD[kind] ?? 'Answered'}. ${about(result.data)}`.trim(), isDone ? 'done' : '');
  return isDone;
}

const LEAD = { mutation: 'Done', subscription: 'Following' };

function refusalsOf({ data, errors = [] }) {
  const [payload] = Object.values(data ?? {});
  return [...errors, ...(payload?.userErrors ?? [])].map(({ message }) => message);
}

function about(data) {
  const [found] = Object.values(data ?? {});
  if (found === null) return 'There is nothing of that kind that you may see.';
  if (Array.isArray(found?.nodes)) return `${counted(found.nodes.length, found.totalCount)}${due(found.nodes[0], 'The first')}`;
  const request = found?.reference ? found : found?.request;
  return request?.reference ? `${stateOf(request)}${due(request, 'The decision')}` : '';
}

/** Say when a decision is due, as the clock on this person's wall shows it: the answer itself has UTC. */
function due(request, what) {
  const decision = request?.deadlines?.find(({ kind, state }) => kind === 'DECISION' && RUNNING.has(state));
  if (!decision?.dueAt) return '';
  const when = new Date(decision.dueAt).toLocaleString('en-AU', { dateStyle: 'full', timeStyle: 'short' });
  return ` ${what} ${decision.state === 'OVERDUE' ? 'was' : 'is'} due on ${when}.`;
}

const RUNNING = new Set(['ON_TRACK', 'AT_RISK', 'OVERDUE']);

function counted(shown, total) {
  if (total === undefined || total === null) return `${shown} shown.`;
  return total === 0 ? 'The list is empty.' : `${shown} of ${total} shown.`;
}

function stateOf({ reference, status, sessionsGranted, sessionsRequested }) {
  const sessions = [
    Number.isInteger(sessionsRequested) && `${sessionsRequested} requested`,
    Number.isInteger(sessionsGranted) && `${sessionsGranted} granted`,
  ].filter(Boolean);
  const words = status ? `: ${status.replaceAll('_', ' ').toLowerCase()}` : '';
  return `Request ${reference}${words}${sessions.length ? ` (sessions: ${sessions.join(', ')})` : ''}.`;
}
