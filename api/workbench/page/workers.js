// Says where Monaco's workers are: bundles of their own, from this server. The build fills WORKERS in.
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(WORKERS[label] ?? WORKERS.editor, { name: label }),
};
