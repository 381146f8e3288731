// Addresses of a scenario. Each scenario has loopback addresses of its own, so that configurations can name fixed
// ports although many scenarios run at once, in several processes.

const COUNTER_SPAN = 1000;
const PID_SPAN = 16000;
const LAST_BYTES = 250;
const THIRD_BYTES = 254;

let counter = 0;

/** Another address in 127.0.0.0/8 (never in 127.0.0.0/16) that no other scenario running now has. */
export function nextLoopbackAddress(): string {
  const number = (process.pid % PID_SPAN) * COUNTER_SPAN + (counter++ % COUNTER_SPAN);
  const last = 1 + (number % LAST_BYTES);
  const third = Math.floor(number / LAST_BYTES) % THIRD_BYTES;
  const second = 1 + Math.floor(number / (LAST_BYTES * THIRD_BYTES));
  return `127.${second}.${third}.${last}`;
}

const FIRST_PORT = 10240;
const PORT_SPAN = 20000;

let portCounter = 0;

/**
 * A port for ::1 and for wildcard addresses, of which there is only one. It lies below the kernel's ephemeral ports
 * and differs between processes that run side by side.
 */
export function nextSharedPort(): number {
  return FIRST_PORT + ((process.pid * 37 + portCounter++) % PORT_SPAN);
}
