import Foundation
import Report
import Testing

/// `almanac trace` and captures, of real runs.
@Suite(.serialized)
struct TraceCommandTests {
    private func lines(_ arguments: [String], in folder: String) throws -> [Substring] {
        let outcome = try Almanac.run(["trace", "show"] + arguments, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n")
    }

    /// Almanac is killed in the middle of a run, at moments all over it: what it has written is good, and the beginning
    /// of what a whole run writes.
    @Test func aTraceSurvivesItsWriter() throws {
        let scratch = try Scratch()
        let lab = "\(Almanac.project)/Examples/ping.yaml"
        let whole = try Almanac.run(["run", lab, "--out", "out/whole"], in: scratch.path)
        #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
        let all = try lines(["out/whole"], in: scratch.path)
        #expect(all.count > 10_000)
        for milliseconds in [100, 300, 700, 1000, 1300] {
            let running = try Almanac.Running(
                Almanac.program, ["run", lab, "--out", "out/killed"], in: scratch.path)
            usleep(UInt32(milliseconds * 1000))
            kill(running.process.processIdentifier, SIGKILL)
            _ = running.wait()
            guard scratch.exists("out/killed/trace.almt") else { continue }
            let outcome = try Almanac.run(["trace", "show", "out/killed"], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let some = outcome.output.split(separator: "\n")
            #expect(some == Array(all.prefix(some.count)))
            if some.count < all.count { #expect(outcome.errors.contains("was killed")) }
        }
    }

    @Test func eventsAreChosen() throws {
        let scratch = try Scratch()
        let run = try Almanac.run(
            ["run", "\(Almanac.project)/Examples/three.yaml", "--out", "run", "--capture"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let ends = try lines(["run", "--kind", "command-end"], in: scratch.path)
        #expect(ends.count == 3)
        #expect(ends.allSatisfy { $0.contains("command-end command ") })
        let late = try lines(
            ["run", "--machine", "right", "--from", "5s", "--to", "6s", "--kind", "send"], in: scratch.path)
        #expect(!late.isEmpty)
        #expect(late.allSatisfy { $0.hasPrefix("5.") && $0.contains(" s  right  send eth0, ") })
        let followed = try lines(["run", "--follow", "--kind", "end"], in: scratch.path)
        #expect(followed.count == 3)
        let frames = try lines(["run", "--kind", "send"], in: scratch.path).count
        #expect(
            try packets("run/captures/west.pcapng", in: scratch.path).count
                + (try packets("run/captures/east.pcapng", in: scratch.path)).count == frames)
        // Of a machine's interface: what it sent and what it got.
        let got = try lines(
            ["run", "--kind", "deliver", "--kind", "send", "--machine", "left"], in: scratch.path)
        #expect(try packets("run/captures/left/eth0.pcapng", in: scratch.path).count == got.count)
        let replies = try packets(
            "run/captures/left/eth0.pcapng", "icmp.type == 0", "icmp.resptime", in: scratch.path)
        #expect(replies.contains("10"))
    }

    private func packets(
        _ path: String, _ filter: String = "frame", _ field: String = "frame.number", in folder: String
    )
        throws -> [Substring]
    {
        let outcome = try Almanac.Running(
            "/usr/bin/tshark", ["-n", "-r", path, "-Y", filter, "-T", "fields", "-e", field], in: folder
        ).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n")
    }

    /// A machine on a network without latency and on one with: which frame arrived is said rightly of both.
    @Test func arrivalsNameTheFrameThatWasSent() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: twofold
            networks:
              near: { subnet: 10.1.1.0/24, latency: 0ms }
              far: { subnet: 10.1.2.0/24, latency: 5ms }
            machines:
              left:
                networks: { near: 10.1.1.1, far: 10.1.2.1 }
                run: ["ping -c 20 -i 0.01 10.1.1.2 & ping -c 20 -i 0.007 10.1.2.2 & wait"]
              right: { networks: { near: 10.1.1.2 } }
              other: { networks: { far: 10.1.2.2 } }
            """, to: "twofold.yaml")
        let run = try Almanac.run(["run", "twofold.yaml", "--out", "run"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        // time, "s", who, kind, device, …
        let sends = try lines(["run", "--kind", "send"], in: scratch.path).map { $0.split(separator: " ") }
        let arrivals = try lines(["run", "--kind", "deliver"], in: scratch.path).map {
            $0.split(separator: " ")
        }
        #expect(arrivals.count > 80)
        func nanoseconds(_ words: [Substring]) throws -> Int {
            try #require(Int(words[0].replacing(".", with: "")))
        }
        for arrival in arrivals {
            let sender = arrival[6].dropLast()
            let number = try #require(Int(arrival[8]))
            let sent = sends.filter { $0[2] == sender }[number - 1]
            let far = sent[2] == "other" || sent[4] == "eth1,"
            #expect(
                try nanoseconds(arrival) - nanoseconds(sent) == (far ? 5_000_000 : 0), "\(sent) \(arrival)")
        }
    }

    @Test func statisticsAreOfTheRun() throws {
        let scratch = try Scratch()
        let run = try Almanac.run(
            ["run", "\(Almanac.project)/Examples/three.yaml", "--out", "run"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let outcome = try Almanac.run(["trace", "stats", "run"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let summary = try RunSummary.read(scratch.read("run/summary.json"))
        let hash = try #require(summary.hash)
        for word in ["left", "middle", "right", hash, "wall time per simulated second"] {
            #expect(outcome.output.contains(word), "\(word): \(outcome.output)")
        }
        let export = try Almanac.run(["trace", "export", "run", "--perfetto", "x.pftrace"], in: scratch.path)
        #expect(export.status == 0, "\(export.errors)")
        #expect(export.output.hasPrefix("x.pftrace: "))
        let decoded = try Almanac.Running(
            "/bin/sh", ["-c", "protoc --decode_raw < x.pftrace | grep -c 'reboot: Power down'"],
            in: scratch.path
        ).wait()
        #expect(decoded.output == "3\n")
    }

    @Test func aLevelOfEventsHasNoTurns() throws {
        let scratch = try Scratch()
        for level in ["events", "off"] {
            let run = try Almanac.run(
                ["run", "\(Almanac.project)/Examples/sleep.yaml", "--out", level, "--trace", level],
                in: scratch.path)
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        let kinds = Set(try lines(["events"], in: scratch.path).map { $0.split(separator: " ")[3] })
        #expect(
            kinds.isSuperset(of: [
                "start", "console", "control-in", "up", "command-start", "command-end", "end",
            ])
        )
        #expect(kinds.isDisjoint(with: ["run", "wait", "request", "update", "kick", "interrupt"]))
        #expect(!scratch.exists("off/trace.almt"))
    }

    @Test(arguments: [
        (["show", "nowhere"], "nowhere: there is no such run folder"),
        (["show", "file"], "file is not a trace"), (["show", "."], "cannot read ./trace.almt"),
        (["diff", "file", "file"], "file is not a trace"),
    ])
    func whatIsWrongIsSaid(_ arguments: [String], message: String) throws {
        let scratch = try Scratch()
        try scratch.write("something else", to: "file")
        let outcome = try Almanac.run(["trace"] + arguments, in: scratch.path)
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("almanac: \(message)"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    /// What wakes a machine has a name: its command, and how often that went to sleep.
    @Test func commandsThatSetThePaceAreNamed() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            machines:
              m: { run: [true, "for i in $(seq 25); do sleep 3; done"] }
            """, to: "x.yaml")
        let run = try Almanac.run(["run", "x.yaml"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let outcome = try Almanac.run(["trace", "stats", "out/x"], in: scratch.path)
        let line = try #require(
            outcome.output.split(separator: "\n").first { $0.contains(" by for i in") },
            "\(outcome.output)")
        let sleeps = try #require(line.firstMatch(of: /(\d+) by for i/).flatMap { Int($0.1) })
        // Each sleep, the shell that waits for it, and what a program waits for when it begins.
        #expect((50..<200).contains(sleeps))
    }
}
