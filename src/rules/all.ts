/** The list of rule sets and actions: importing this file registers them all. */
import './actions/authenticate.ts';
import './actions/client-connection.ts';
import './actions/flow.ts';
import './actions/headers.ts';
import './actions/header-rewrites.ts';
import './actions/priority.ts';
import './actions/redirect.ts';
import './actions/replies.ts';
import './actions/request-line.ts';
import './actions/settings.ts';
import './actions/status-line.ts';
import './actions/variables.ts';
import './monitor-fail.ts';
import './redirect-keyword.ts';
import './rule-keywords.ts';
import './switching.ts';
import './tcp-keywords.ts';
