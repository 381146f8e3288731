/** The keywords and rules of health checks: importing this file registers them. */
import './http-check-keywords.ts';
import './server-rules.ts';
import './track-rules.ts';
