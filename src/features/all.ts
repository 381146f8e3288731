/**
 * The list of features: importing this file registers them all. The command line and every data thread do.
 */
import '../expr/all.ts';
import '../rules/all.ts';
import './balance/algorithms.ts';
import './checks/keywords.ts';
import './header-names/restrict.ts';
import './cookie/persistence.ts';
import './monitor/monitor.ts';
import './stats/stats.ts';
import '../proxy/unique-id.ts';
