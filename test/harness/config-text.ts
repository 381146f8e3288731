// Lines that many scenario configurations share.

/** Timeouts that no scenario reaches unless it says so. */
export const TIMEOUTS = `
    timeout connect 4s
    timeout client 10s
    timeout server 10s`;

/** A defaults section for TCP with these timeouts. */
export const TCP_DEFAULTS = `
defaults
    mode tcp${TIMEOUTS}
`;

/** A defaults section for HTTP with these timeouts. */
export const HTTP_DEFAULTS = `
defaults
    mode http${TIMEOUTS}
`;

/** The same, with a line in HTTP's format for each request to this receiver. More lines of the section may follow. */
export function httpLoggedTo(address: string): string {
  return `
global
    log ${address} local0
${HTTP_DEFAULTS}
    log global
    option httplog`;
}
