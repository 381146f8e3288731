/** What a rule says of how to go on. */

/** The next rule. */
export const CONTINUE = 0;
/** No further rule of this set (`allow`, `accept`). */
export const STOP = 1;
/** The rule has taken over: it has answered, closed, or will (`deny`, `return`, `reject`, `tarpit` …). */
export const DONE = 2;
/** Nothing can be said before more has arrived, or a time has passed: the same rule is asked again then. */
export const YIELD = 3;
