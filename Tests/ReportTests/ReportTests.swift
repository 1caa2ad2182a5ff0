import Report
import Testing

private func example() -> RunSummary {
    var first = MachineSummary(name: "m1", id: 1, kernel: "/k/linux", ended: "powered off")
    first.commands = [
        CommandSummary(
            index: 0, command: "ping -c 1000 m2", expectation: "exit 0", status: 0, outcome: .passed,
            startNanoseconds: 46_000_000, endNanoseconds: 999_046_000_000, output: "machines/m1/0.out"),
        CommandSummary(
            index: 1, command: "curl --fail --retry 5 --retry-connrefused http://m2:8000/a/long/path",
            expectation: "exit 0", status: 7, outcome: .failed, startNanoseconds: 999_046_000_000,
            endNanoseconds: 1_000_400_000_000, output: "machines/m1/1.out"),
        CommandSummary(
            index: 2, command: "true", expectation: "exit 0", outcome: .notStarted,
            output: "machines/m1/2.out"),
    ]
    first.traffic.framesSent = 1004
    var second = MachineSummary(name: "router", id: 2, kernel: "/k/linux", ended: "killed by signal 9")
    second.commands = [
        CommandSummary(
            index: 0, command: "sleep 1d\n", expectation: "any", outcome: .stillRunning, startNanoseconds: 0,
            output: "machines/router/0.out")
    ]
    second.problems = ["killed by signal 9"]
    return RunSummary(
        name: "ping", seed: .max, kernel: .init(path: "/k/linux", version: "6.12.48"), result: .failed,
        reason: "m1: command 1 ended with 7", virtualNanoseconds: 1_000_400_000_000,
        wallNanoseconds: 1_200_000_000, toolVersion: "0.1.0", machines: [first, second])
}

@Test func reportsEachCommandAndTheRun() {
    let text = TextReport(width: 80).text(example()) { machine, command in
        #expect((machine.name, command.index) == ("m1", 1))
        return (0..<20).map { "line \($0)\u{1b}[0m" }.suffix(11) + ["curl: (7) Failed to connect"]
    }
    #expect(
        text == """
            pass m1 0      ping -c 1000 m2               exit 0         0.046 s → 999.046 s
            FAIL m1 1      curl --fail --retry 5 --ret…  exit 7         999.046 s → 1000.4 s
                 | line 11 [0m
                 | line 12 [0m
                 | line 13 [0m
                 | line 14 [0m
                 | line 15 [0m
                 | line 16 [0m
                 | line 17 [0m
                 | line 18 [0m
                 | line 19 [0m
                 | curl: (7) Failed to connect
              -- m1 2      true                          not started
              -- router 0  sleep 1d                      still running  0.000 s → end
              !! router: killed by signal 9
            m1: command 1 ended with 7
            failed: 1000.4 s simulated in 1.20 s wall, 833x real time

            """)
    for line in text.split(separator: "\n") { #expect(line.count <= 80) }
}

@Test func verdictsAndFaultsAreReported() {
    var summary = example()
    summary.machines = []
    summary.reason = nil
    summary.verdicts = [
        VerdictSummary(
            .check, machine: "m", name: "curl --fail http://m2:8000/a/long/path/to/some/thing", passed: false,
            reason: "exit status 1, not 0; 3 of 8 runs failed", nanoseconds: 7_000_000_000, expected: 0,
            runs: 8,
            output: "machines/m/check-1.out"),
        VerdictSummary(
            .check, machine: "m", name: "./caught-up\u{1b}", passed: true, nanoseconds: 54_010_000_000,
            runs: 2),
        VerdictSummary(.log, name: "must leader elected", passed: false, reason: "no line matched in m1 m2"),
        VerdictSummary(
            .report, machine: "m", name: "its kernel", passed: false,
            reason: String(repeating: "BUG: ", count: 30), nanoseconds: 9_000_000_000),
    ]
    summary.faults = [
        FaultSummary(text: "partition a | b", beganNanoseconds: 1, endedNanoseconds: 54_000_000_000),
        FaultSummary(text: "m3 is killed", beganNanoseconds: 2, endedNanoseconds: 2),
    ]
    func text() -> String {
        TextReport(width: 80).text(
            summary,
            checkOutput: { verdict in
                verdict.kind == .check ? (0..<12).map { "line \($0)\u{1b}" } : []
            })
    }
    let lines = text().split(separator: "\n").map(String.init)
    let output = (2..<12).map { "     | line \($0) " }
    #expect(
        lines == ["FAIL m check: curl --fail … at 7.000 s: exit status 1, not 0; 3 of 8 runs failed"]
            + output
            + [
                "pass m check: ./caught-up  at 54.010 s",
                "FAIL log: must leader elected: no line matched in m1 m2",
                "FAIL m report: its kernel at 9.000 s: BUG: BUG: BUG: BUG: BUG: BUG: BUG: BUG: B…",
                "2 faults, the last ended at 54.000 s",
                "failed: 1000.4 s simulated in 1.20 s wall, 833x real time",
            ])
    for line in lines { #expect(line.count <= 80) }
    summary.faults[1].endedNanoseconds = nil
    #expect(text().contains("\n2 faults, the last ended at 54.000 s, 1 active at the end\n"))
    summary.faults.removeFirst()
    #expect(text().contains("\n1 fault, active at the end\n"))
    summary.faults[0].endedNanoseconds = 2_000_000_000
    #expect(text().contains("\n1 fault, ended at 2.000 s\n"))
    let coloured = TextReport(width: 80, colours: true).text(summary)
    #expect(coloured.contains("\u{1b}[31mFAIL\u{1b}[0m log: must leader elected: no line matched in m1 m2\n"))
    #expect(coloured.contains("\u{1b}[32mpass\u{1b}[0m m check: ./caught-up"))
}

@Test func passedVerdictsBeyondTheLimitAreCounted() {
    var summary = example()
    summary.machines = []
    summary.verdicts = (0..<35).map { VerdictSummary(.log, name: "never \($0)", passed: $0 != 33) }
    let lines = TextReport().text(summary).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("pass log") } == TextReport.passedLines)
    #expect(lines.contains("FAIL log: never 33") && lines.contains("pass and 4 more"))
}

@Test func coloursOnlyOnRequest() {
    var summary = example()
    summary.machines = []
    summary.reason = nil
    summary.result = .passed
    let end = ": 1000.4 s simulated in 1.20 s wall, 833x real time\n"
    #expect(TextReport().text(summary) == "passed" + end)
    var pinned = summary
    pinned.cores = [3, 2]
    #expect(TextReport().text(pinned).hasSuffix("833x real time, on cores 3, 2\n"))
    #expect(TextReport(colours: true).text(summary) == "\u{1b}[32mpassed\u{1b}[0m" + end)
}

@Test func theSummaryIsStableJSON() throws {
    var summary = example()
    summary.machines[0].commands.removeFirst(2)
    summary.machines.removeLast()
    let json = summary.json()
    #expect(
        json == """
            {
              "faults" : [

              ],
              "jobs" : 1,
              "kernel" : {
                "path" : "/k/linux",
                "version" : "6.12.48"
              },
              "machines" : [
                {
                  "commands" : [
                    {
                      "command" : "true",
                      "expectation" : "exit 0",
                      "index" : 2,
                      "outcome" : "not started",
                      "output" : "machines/m1/2.out"
                    }
                  ],
                  "ended" : "powered off",
                  "id" : 1,
                  "kernel" : "/k/linux",
                  "name" : "m1",
                  "problems" : [

                  ],
                  "traffic" : {
                    "bytesReceived" : 0,
                    "bytesSent" : 0,
                    "framesReceived" : 0,
                    "framesSent" : 1004
                  }
                }
              ],
              "moves" : 0,
              "name" : "ping",
              "reason" : "m1: command 1 ended with 7",
              "result" : "failed",
              "seed" : 18446744073709551615,
              "toolVersion" : "0.1.0",
              "verdicts" : [

              ],
              "virtualNanoseconds" : 1000400000000,
              "wallNanoseconds" : 1200000000
            }

            """)
    #expect(try RunSummary.read(json) == summary)
    #expect(try RunSummary.read(example().json()) == example())
}

@Test func anEventIsOneLine() throws {
    let event = RunEvent(
        .commandEnd, virtualNanoseconds: 5, machine: "m1", index: 0, command: "echo 'a\nb' /c", status: 0,
        outcome: .passed)
    #expect(
        event.line() == #"{"command":"echo 'a\nb' /c","index":0,"kind":"command-end","machine":"m1","#
            + #""outcome":"passed","status":0,"virtualNanoseconds":5}"# + "\n")
    let last = RunEvent(.summary, virtualNanoseconds: 7, summary: example())
    #expect(last.line().split(separator: "\n").count == 1)
    #expect(try RunEvent.read(last.line()) == last)
}

@Test func costsAndHashesAreKept() throws {
    var summary = example()
    summary.hash = "00c0ffee00c0ffee"
    summary.repeatCommand = "almanac run ping.yaml --seed 7"
    summary.machines[0].wallNanoseconds = .max
    summary.machines[0].turns = 12
    let json = summary.json()
    #expect(json.contains(#""hash" : "00c0ffee00c0ffee""#))
    #expect(json.contains(#""repeatCommand" : "almanac run ping.yaml --seed 7""#))
    #expect(json.contains(#""turns" : 12"#))
    #expect(try RunSummary.read(json) == summary)
}
