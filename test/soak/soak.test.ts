// Clients and servers that misbehave at random, beside ordinary ones, for SLUICE_TEST_SOAK_SECONDS in all (20 unless
// said otherwise). SLUICE_TEST_SOAK_SEED repeats the choices of a run; the seed of each run is printed.

import { isOracle } from '../harness/program.ts';
import { scenario } from '../harness/scenario.ts';
import { soak } from './soak.ts';

const DEFAULT_SECONDS = 20;
/** Quiet before and after, and the longest wait of a client that was started last. */
const MARGIN_MS = 90_000;

const seconds = Number(process.env['SLUICE_TEST_SOAK_SECONDS'] ?? DEFAULT_SECONDS);
const seed = Number(process.env['SLUICE_TEST_SOAK_SEED'] ?? Date.now() % 1_000_000);
/** The time is shared between the runs with one and with two threads; the oracle has one run. */
const durationMs = (seconds * 1000) / (isOracle ? 1 : 2);

scenario(
  'clients and servers that misbehave harm nobody else and leave nothing behind',
  { timeoutMs: durationMs + MARGIN_MS },
  async (t) => {
    try {
      const outcome = await soak(t, durationMs, seed);
      process.stderr.write(
        `soak, seed ${seed}, nbthread ${t.nbthread}: ${outcome.ordinary} ordinary requests, ${outcome.misbehaved} misbehaviours, ` +
          `${outcome.descriptors} descriptors at rest, resident ${outcome.residentBytesFirst >> 20} MB, then ${outcome.residentBytesLast >> 20} MB\n`,
      );
    } catch (error) {
      process.stderr.write(`soak: repeat with SLUICE_TEST_SOAK_SEED=${seed}\n`);
      throw error;
    }
  },
);
