/**
 * The report as one HTML file that needs nothing else. What comes from data is text or JSON, never markup, and the
 * page's policy lets nothing run but its own script: https://www.w3.org/TR/CSP3/
 */
import type { ClusterAccess } from '../../who/cluster-access.ts';
import type { ChangeGroup } from '../alert.ts';
import type { Result } from '../result.ts';
import type { RuleOptions } from '../rule.ts';
import { toScriptJson } from './escape.ts';
import { createPacker } from './pack.ts';
import { script, scriptHash, style, styleHash } from './page-assets.ts';
import { toSummary } from './summary.ts';
import type { Told } from './told.ts';

export interface HtmlOptions extends RuleOptions {
  /** Who may use each cluster's key and who did; not given where only findings are at hand. */
  access?: AsyncIterable<ClusterAccess>;
  /** What changed since the run before, where that was kept. */
  changes?: readonly ChangeGroup[];
  /** What a page of bounded size holds; not given: everything. */
  bounds?: Bounds;
}

interface Bounds {
  told: Told;
  /** Access is told as far as the page then is no larger, and while there is time. */
  mostBytes: number;
  isLate: () => boolean;
}

const policy = `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'`;

/** Takes a result; gives the page in pieces, one finding at a time. */
export async function* toHtml(result: Result, options: HtmlOptions): AsyncIterable<string> {
  const { rules, access, bounds } = options;
  yield `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Keyward report</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#clusters">Skip to the clusters</a>
<main>
`;
  yield* toSummary(result, options);
  yield `<noscript><p>The clusters below are drawn by a script inside this file. Open it in a browser that runs scripts.</p></noscript>
<div id="fleet"></div>
</main>
<script type="application/json" id="data">{"findings":[`;
  const { packFinding, countFinding, packAccess, countBytes, rest } = createPacker(rules);
  let separator = '';
  let bytes = 0;
  const toRow = (row: object): string => {
    const text = `${separator}${toScriptJson(row)}`;
    separator = ',\n';
    bytes += text.length;
    return text;
  };
  for await (const finding of result.findings) {
    if (!bounds || bounds.told.isTold(finding)) yield toRow(packFinding(finding));
    else countFinding(finding);
  }
  yield '],\n"access":[';
  separator = '';
  // Of clusters that are only counted access is not asked for.
  let isAccessCut = access !== undefined && bounds !== undefined && bounds.told.leftOut > 0;
  for await (const one of access ?? []) {
    if (bounds && (bytes + countBytes() > bounds.mostBytes || bounds.isLate())) {
      isAccessCut = true;
      break;
    }
    yield toRow(packAccess(one));
  }
  const { counts, clusters, checks, texts } = rest();
  yield `],\n"isAccessCut":${isAccessCut},\n"counts":${toScriptJson(counts)},\n"clusters":${toScriptJson(clusters)},\n"checks":${toScriptJson(checks)},\n"texts":[`;
  separator = '';
  for (const text of texts) {
    yield `${separator}${toScriptJson(text)}`;
    separator = ',\n';
  }
  yield `]}</script>
<script>${script}</script>
</body>
</html>
`;
}
