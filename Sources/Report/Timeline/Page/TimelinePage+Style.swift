extension TimelinePage {
    /// Colours once for light and once for dark; the canvases read them too.
    static let style = #"""
        :root {
            color-scheme: light dark;
            --back: #ffffff; --zebra: #f5f7fa; --line: #e3e7ee; --text: #1b2330; --dim: #66707f; --run: #1d4ed8;
            --free: #7cc4f5; --wait: #c3cad5; --good: #15803d; --bad: #c81e1e; --neutral: #7a6a1f; --down: #334155;
            --up: #9333ea; --lost: #dc2626; --fault: #d97706; --console: #8793a5; --accent: #c2410c; --plot: #2563eb;
            --plot2: #9333ea; --barGood: #d9f2e0e6; --barBad: #fcdcdce6; --barNeutral: #f4eccbe6; --barFault: #fbe3c0e6; --panel: #ffffff;
        }
        @media (prefers-color-scheme: dark) {
            :root {
                --back: #12161d; --zebra: #181d26; --line: #262d39; --text: #e2e8f1; --dim: #8e99aa; --run: #8ab4ff;
                --free: #1f6fae; --wait: #3d4656; --good: #4ade80; --bad: #f87171; --neutral: #e3c75a; --down: #a9b6c9;
                --up: #c792f5; --lost: #ff6b6b; --fault: #fbbf24; --console: #7d899b; --accent: #fb923c; --plot: #6ea8fe;
                --plot2: #c792f5; --barGood: #14391fe6; --barBad: #4a1a1ce6; --barNeutral: #3b3414e6; --barFault: #4a3310e6; --panel: #1b212b;
            }
        }
        * { box-sizing: border-box; }
        body {
            margin: 0; padding: 14px 18px 40px; background: var(--back); color: var(--text);
            font: 13px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        }
        h1 { font-size: 20px; margin: 0; display: inline; }
        h2 { font-size: 15px; margin: 26px 0 4px; }
        h2 + p, .hint { margin: 0 0 8px; color: var(--dim); max-width: 110ch; }
        code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12px; }
        button, input {
            font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
            padding: 3px 9px;
        }
        button { cursor: pointer; }
        button:hover, button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
        .dim { color: var(--dim); }
        .good { color: var(--good); } .bad { color: var(--bad); } .neutral { color: var(--neutral); }
        .badge { border: 1.5px solid currentColor; border-radius: 20px; padding: 1px 10px; margin: 0 10px; font-weight: 600; }
        .fact { margin-right: 16px; white-space: nowrap; }
        .top { display: flex; flex-wrap: wrap; align-items: baseline; row-gap: 3px; }
        #identity { margin-top: 4px; }
        #identity .fact { white-space: normal; overflow-wrap: anywhere; }
        .copy { padding: 0 7px; font-size: 11px; }
        #reason { margin: 4px 0 0; font-weight: 600; }
        details { margin-top: 6px; }
        summary { cursor: pointer; color: var(--dim); }
        #notes summary { color: var(--fault); }
        #notes ul, #help ul { margin: 4px 0; padding-left: 20px; }
        #notes ul { max-height: 7.5em; overflow-y: auto; }
        .bar { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin: 10px 0 8px; }
        .search { position: relative; flex: 1 1 260px; max-width: 420px; }
        .search input { width: 100%; }
        #hits {
            position: absolute; z-index: 5; top: 100%; left: 0; width: min(760px, 92vw); max-height: 230px; overflow-y: auto;
            background: var(--panel); border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 8px 24px #0004;
        }
        .hit { display: flex; gap: 10px; padding: 3px 10px; cursor: pointer; }
        .hit:hover, .hit.chosen { background: var(--zebra); }
        .hit.chosen { box-shadow: inset 3px 0 var(--accent); }
        .hit .kind { flex: 0 0 62px; } .hit .who { flex: 0 0 90px; overflow: hidden; text-overflow: ellipsis; }
        .hit .what { flex: 1; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
        .note { padding: 4px 10px; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; color: var(--dim); font-size: 12px; }
        .legend svg { vertical-align: -3px; margin-right: 4px; }
        .frame { border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
        .frame canvas { display: block; }
        #overview, #axis, #plots { width: 100%; }
        #overview { height: 46px; cursor: ew-resize; border-bottom: 1px solid var(--line); }
        #axis { height: 40px; border-bottom: 1px solid var(--line); }
        #scroller { position: relative; overflow-y: auto; overflow-x: hidden; scrollbar-width: thin; }
        #lanes { position: sticky; top: 0; touch-action: none; }
        #plots { touch-action: none; }
        .under { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; color: var(--dim);
            font-size: 12px; padding: 4px 2px; min-height: 25px; font-variant-numeric: tabular-nums; }
        #tip {
            position: fixed; z-index: 9; max-width: min(720px, 90vw); padding: 6px 10px; background: var(--panel);
            border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 6px 20px #0005; pointer-events: none;
            overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
        }
        #tip .head { font-weight: 600; }
        [hidden] { display: none !important; }
        .tablebox { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-weight: 600; color: var(--dim); border-bottom: 1px solid var(--line); white-space: nowrap; }
        th, td { padding: 3px 12px 3px 0; vertical-align: top; }
        td { border-bottom: 1px solid var(--zebra); white-space: nowrap; }
        th.number, td.number { text-align: right; }
        td.wide { white-space: normal; overflow-wrap: anywhere; width: 40%; }
        tr.link { cursor: pointer; } tr.link:hover td { background: var(--zebra); }
        .sharebar { display: inline-block; height: 8px; border-radius: 2px; background: var(--plot); }
        .lostbar { background: var(--lost); }
        .more { margin-top: 8px; }
        #console td { border: 0; padding-top: 0; padding-bottom: 0; }
        #console td.wide { width: 100%; }
        #console { max-height: 420px; overflow-y: auto; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 6px 0; }
        dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
        """#
}
