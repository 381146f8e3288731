/**
 * The name under which the control plane passes the size of a data thread's arena (worker_threads environment data).
 * In a file of its own, so that starting a worker does not load what the worker loads.
 */
export const ARENA_SIZE_KEY = 'sluice.arenaBytes';
