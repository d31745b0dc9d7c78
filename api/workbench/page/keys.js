// Which key makes a mutation count once: the one in its variables until it is done, and from then on another.
const next = new Map();

/** Return the variables with the key to send. A call that got no answer is repeated with the same one. */
export function keyed(variables) {
  const key = next.get(keyOf(variables));
  return key ? { ...variables, input: { ...variables.input, idempotencyKey: key } } : variables;
}

/** Have the next call with these variables be another one: it would be given this one's result, or be refused. */
export function spend(variables) {
  const key = keyOf(variables);
  if (key) next.set(key, crypto.randomUUID());
}

function keyOf(variables) {
  return variables?.input?.idempotencyKey;
}
