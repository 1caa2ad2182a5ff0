/// The page of a run's timeline: one HTML file that loads nothing. Its data stands in it as JSON; its script is vanilla
/// JavaScript, in parts that follow each other in one function.
///
/// Everything that was written by a guest or a lab file reaches the document as text nodes or canvas text only.
enum TimelinePage {
    /// - Parameter data: JSON in which no `<` is left.
    static func html(data: String) -> String {
        precondition(!data.utf8.contains(UInt8(ascii: "<")), "data must not be able to end its element")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <title>Timeline</title>
            <style>
            \(style)
            </style>
            </head>
            <body>
            \(markup)
            <script type="application/json" id="data">\(data)</script>
            <script>
            (() => {
            'use strict';
            \(script)
            })();
            </script>
            </body>
            </html>

            """
    }

    /// Nothing is loaded from anywhere, whatever should get into the page.
    private static let policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        + "form-action 'none'"

    /// The parts in the order in which they need each other.
    static var script: String {
        [
            coreScript, modelScript, faultsScript, viewScript, lanesScript, arrowsScript, axisScript,
            plotsScript,
            pointerScript,
            tablesScript, verdictsScript, searchScript,
        ].joined(separator: "\n")
    }

    /// The parts of the document that are the same for every run.
    private static let markup = #"""
        <header>
            <div class="top"><h1 id="lab"></h1><span id="result" class="badge"></span><span id="facts"></span></div>
            <div id="reason" class="bad" hidden></div>
            <div id="identity"></div>
            <details id="notes" hidden><summary id="notecount"></summary><ul id="notelist"></ul></details>
        </header>
        <noscript><p>This page draws with JavaScript, which is off.</p></noscript>
        <section id="timeline">
            <div class="bar">
                <div class="search">
                    <input id="search" type="search" placeholder="Find a machine, command or console line ( / )"
                        aria-label="Find" autocomplete="off" spellcheck="false">
                    <div id="hits" hidden></div>
                </div>
                <button id="zoomin" title="Zoom in (+)">+</button>
                <button id="zoomout" title="Zoom out (-)">−</button>
                <button id="all" title="Show the whole run (0)">whole run</button>
                <button id="fit" aria-pressed="false" title="All machines at once">all rows</button>
                <span class="dim">wheel: zoom · drag: move · Shift+drag: zoom in on a part · ← → + − 0</span>
            </div>
            <div class="bar legend" id="legend">
                <span><svg width="26" height="14"><rect x="12" width="2" height="14" fill="var(--run)"/></svg>has a
                    turn</span>
                <span><svg width="26" height="14"><rect y="2" width="26" height="10" fill="var(--free)"/></svg>runs
                    freely</span>
                <span><svg width="26" height="14"><rect y="6" width="26" height="2" fill="var(--wait)"/></svg>waits</span>
                <span><svg width="26" height="14"><rect y="1" width="26" height="12" fill="var(--barGood)"/>
                    <rect y="1" width="3" height="12" fill="var(--good)"/></svg>command</span>
                <span><svg width="30" height="14"><path d="M2 2 L10 11 M10 11 l-5 -2 l3 -2 z" stroke="var(--down)"
                    fill="var(--down)" stroke-width="1.3"/><path d="M18 12 L26 3 M26 3 l-1 5 l-3 -3 z" stroke="var(--up)"
                    fill="var(--up)" stroke-width="1.3"/></svg>frame, to a row below or above</span>
                <span><svg width="18" height="14"><path d="M4 3 l8 8 M12 3 l-8 8" stroke="var(--lost)"
                    stroke-width="2"/></svg>lost</span>
                <span><svg width="14" height="14"><rect x="5" y="4" width="2" height="9" fill="var(--console)"/></svg>console
                    line</span>
                <span><svg width="14" height="14"><path d="M7 2 L12 12 L2 12 z" fill="var(--good)"/></svg>is up</span>
                <span><svg width="14" height="14"><rect x="3" y="3" width="8" height="8" fill="var(--dim)"/></svg>ended</span>
                <span><svg width="14" height="14"><path d="M8 1 L2 8 L6 8 L5 13 L11 6 L7 6 z" fill="var(--fault)"/></svg>fault at a
                    moment</span>
                <span><svg width="26" height="14"><rect y="1" width="26" height="12" fill="var(--barFault)"/>
                    <rect y="1" width="3" height="12" fill="var(--fault)"/></svg>fault</span>
                <span><svg width="26" height="14"><rect y="2" width="26" height="10" fill="var(--wait)"/>
                    <path d="M0 12 L10 2 M8 12 L18 2 M16 12 L26 2" stroke="var(--fault)"/></svg>off, paused</span>
                <span><svg width="14" height="14"><path d="M7 1 L13 7 L7 13 L1 7 z" fill="var(--bad)"/></svg>problem</span>
            </div>
            <div class="frame">
                <canvas id="overview"></canvas>
                <canvas id="axis"></canvas>
                <div id="scroller"><canvas id="lanes"></canvas><div id="spacer"></div></div>
            </div>
            <div class="under"><span id="status"></span><span id="clock"></span></div>
            <details id="help"><summary>What is to be seen here?</summary><ul>
                <li>Each row is a machine; simulated time runs to the right. While a machine computes, simulated time stands
                    still: a turn is an instant.</li>
                <li>With its turn a machine gets leave to let time pass by itself, until something may happen to it: then it
                    <b>runs freely</b>. Otherwise it <b>waits</b> for its next turn.</li>
                <li>Where many turns fall on one pixel, the height of their line says how many; a pale stretch runs freely for
                    part of the time only.</li>
                <li>Faults have a row of their own, each a bar as long as it lasts; on the row of a machine that a fault is about a
                    line says so, or stripes where the machine is off or its time stands. Each run of a check is a bar
                    like a command's, red where it failed.</li>
                <li>The strip on top is the whole run: bytes sent above, turns below. The frame in it is what is shown.</li>
                <li>The address of this page says what is shown: copy it to show somebody the same.</li>
            </ul></details>
            <h2>Networks</h2>
            <div id="networks"><p class="hint">On the same time axis. <span id="plotunit"></span> A <b>reply time</b> A ⇄ B runs from the sending of A's last
                frame that had reached B when B sent one to A, to that one's arrival at A. The trace does not hold what frames
                say: whether it is an answer is not known.</p>
            <div class="bar"><input id="plotfilter" type="search" placeholder="Only plots of…" aria-label="Only plots of">
                <button id="moreplots" hidden></button></div>
            <div class="frame"><canvas id="plots"></canvas></div></div>
            <p id="noplots" class="dim" hidden>The lab has no network.</p>
        </section>
        <section id="consolepart"><h2>Console</h2>
            <details id="consolebox"><summary id="consolecount"></summary><div id="console" class="tablebox"></div></details>
        </section>
        <section id="verdictpart" hidden><h2>Verdicts</h2><p>Checks, rules about logs, what kernels and sanitizers reported. Click
            one to see its time.</p><div id="verdicts" class="tablebox"></div></section>
        <section id="faultpart" hidden><h2>Faults</h2><p>Click one to see its time.</p>
            <div id="faults" class="tablebox"></div></section>
        <section id="losspart" hidden><h2>Frames that were lost</h2><p>All of them, by reason.</p>
            <div id="losses" class="tablebox"></div></section>
        <section><h2>Commands</h2><p>Click one to see its time.</p><div id="commands" class="tablebox"></div></section>
        <section><h2>Machines and what they cost</h2>
            <p class="hint">Others waited: while it had its turn and nobody else had. Free: part of its time in which it ran freely.</p>
            <p id="costnote" hidden>What machines cost in wall-clock time is not in the run's summary.</p>
            <div id="costs" class="tablebox"></div></section>
        <section><h2>About this run</h2><dl id="about"></dl></section>
        <div id="tip" hidden></div>
        """#
}
