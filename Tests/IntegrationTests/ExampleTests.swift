import Foundation
import Report
import Testing

/// Every lab of Examples/ runs as it stands.
@Suite(.serialized)
struct ExampleTests {
    func run(_ name: String, _ options: [String] = [], environment: [String: String] = [:]) throws
        -> (
            Scratch, RunSummary
        )
    {
        let scratch = try Scratch()
        let outcome = try Almanac.run(
            ["run", "\(Almanac.project)/Examples/\(name).yaml"] + options, in: scratch.path,
            environment: environment)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let summary = try scratch.summary(name)
        #expect(summary.result == .passed)
        #expect(summary.machines.allSatisfy { $0.ended == ($0.model == nil ? "powered off" : "stopped") })
        #expect(processes(below: scratch.path).isEmpty)
        return (scratch, summary)
    }

    @Test func everyExampleIsRunHere() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(Almanac.project)/Examples")
        #expect(
            files.sorted() == [
                "etcd.yaml", "features", "five-hundred.yaml", "hundred.yaml", "lost-update.yaml",
                "mixed.yaml",
                "models.yaml", "ospf.yaml",
                "ping.yaml",
                "real", "redis.yaml", "sleep.yaml", "tcp.yaml", "three.yaml", "web.yaml",
            ])
    }

    /// `make real-programs` runs them: they need programs that a machine for tests may lack.
    @Test(arguments: ["real", "features"]) func otherExamplesAreGood(folder: String) throws {
        let path = "\(Almanac.project)/Examples/\(folder)"
        let files = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(files.count >= 9)
        let scratch = try Scratch()
        for file in files.sorted() {
            let outcome = try Almanac.run(["check", "\(path)/\(file)"], in: scratch.path)
            #expect(outcome.status == 0, "\(file): \(outcome.errors)")
        }
    }

    /// The lab of docs/looking-inside.md: it fails for the delay alone, and a replay shows why.
    @Test func lostUpdate() throws {
        let scratch = try Scratch()
        let lab = "\(Almanac.project)/Examples/lost-update.yaml"
        let near = try Almanac.run(
            ["run", lab, "--set", "networks.lan.latencies.store.bob=1ms", "--no-report"], in: scratch.path)
        #expect(near.status == 0, "\(near.output)")
        let far = try Almanac.run(["run", lab, "--no-report"], in: scratch.path)
        #expect(
            far.status == 1
                && scratch.read("out/lost-update/machines/store/1.out").contains("20 updates, 18 counted"))
        let before = try Almanac.run(
            ["replay", "out/lost-update", "--before", "store: bob writes", "--exec", "bob", "ss -tn"],
            in: scratch.path)
        #expect(before.status == 0 && before.errors.contains("the same as recorded"), "\(before.errors)")
        // `bob write 6`, which the store has not acknowledged.
        #expect(before.output.contains(#/ESTAB +0 +12 /#), "\(before.output)")
    }

    @Test(arguments: [[], ["--no-shared-memory"]]) func ping(_ options: [String]) throws {
        let (scratch, summary) = try run("ping", options)
        let output = scratch.read("out/ping/machines/m1/1.out")
        #expect(output.contains("1000 packets transmitted, 1000 received, 0% packet loss"))
        // The first one also waits for the answer to ARP; all others take twice 5 ms.
        let times = output.matches(of: /icmp_seq=(\d+) .*time=([\d.]+) ms/).compactMap { Double($0.2) }
        #expect(times.count == 1000)
        #expect(times.dropFirst().allSatisfy { $0 >= 9.99 && $0 <= 10.01 }, "\(times.prefix(5))")
        let command = try #require(summary.machines.first?.commands.first)
        #expect(command.startNanoseconds.map { $0 / 1_000_000 } == 1000)
        #expect(summary.virtualNanoseconds / 1_000_000_000 >= 999)
        #expect(scratch.read("out/ping/machines/m2/console.log").contains("Linux version"))
        #expect(scratch.read("out/ping/lab.yaml").contains("address: 10.0.0.2"))
    }

    /// No kernel, and no way to find or build one.
    @Test func models() throws {
        let nowhere = ["XDG_CACHE_HOME": "/nonexistent", "HOME": "/nonexistent"]
        let (scratch, summary) = try run("models", environment: nowhere)
        #expect(summary.virtualNanoseconds == 600_000_000_000)
        #expect(summary.machines.count == 200)
        #expect(
            summary.kernel == nil && summary.machines.allSatisfy { $0.kernel == nil && $0.model == "ping" })
        for machine in summary.machines {
            let command = try #require(machine.commands.first)
            #expect(command.startNanoseconds == 1_000_000_000 && command.endNanoseconds == 600_000_000_000)
            // The ping of second 600 cannot have come back.
            #expect(
                command.result
                    == "599 packets transmitted, 599 received, 0% packet loss, rtt min/mean/max = 4.000000/4.000000/4.000000 ms"
            )
        }
        #expect(
            scratch.read("out/models/machines/left7/1.out").hasPrefix("PING right7 (10.0.0.107) 56 bytes"))
    }

    @Test func mixed() throws {
        let (scratch, summary) = try run("mixed")
        #expect(summary.machines.count == 202)
        for machine in summary.machines where machine.model == "ping" {
            let result = try #require(machine.commands.first?.result)
            let match = try #require(
                result.wholeMatch(
                    of: /40 packets transmitted, 40 received, 0% packet loss, rtt .* = (.*)\/(.*)\/(.*) ms/))
            #expect(match.1 == "10.000000")
            if machine.name.hasPrefix("neighbour") {
                #expect(match.3 == "10.000000")
            } else {
                // Each look of a real kernel at its clock takes 256 ns, and it may look before it answers.
                #expect(try #require(Double(match.3)) < 10.01, "\(result)")
            }
        }
        let sink = summary.machines.last?.commands.first?.result
        #expect(
            sink?.hasPrefix("5000 received, 5000000 bytes") == true
                && sink?.hasSuffix("latency min/mean/max = 5.000000/5.000000/5.000000 ms") == true)
        for (machine, file) in [("m1", 1), ("m1", 2), ("m2", 1), ("m2", 2)] {
            let output = scratch.read("out/mixed/machines/\(machine)/\(file).out")
            #expect(output.contains("20 packets transmitted, 20 received, 0% packet loss"))
        }
    }

    @Test func aHundredMachines() throws {
        let (scratch, summary) = try run("hundred")
        #expect(summary.machines.count == 100)
        // 64 MiB of its own, and what the kernel's program itself takes.
        #expect(summary.peakMachineBytes.map { $0 > 8 << 20 && $0 < 128 << 20 } == true)
        for number in 1...100 {
            let output = scratch.read("out/hundred/machines/m\(number)/1.out")
            #expect(output.contains("PING m\(number % 100 + 1) "))
            #expect(output.contains("1 packets transmitted, 1 received, 0% packet loss"))
        }
    }

    @Test func sleepForThirtyDays() throws {
        let (scratch, summary) = try run("sleep")
        #expect(summary.virtualNanoseconds >= 2_592_000_000_000_000)
        let before = scratch.read("out/sleep/machines/sleeper/1.out")
        let after = scratch.read("out/sleep/machines/sleeper/3.out")
        #expect(before.contains("Jan  1 00:00:01 UTC 2026"))
        #expect(after.contains("Jan 31 00:00:01 UTC 2026"))
    }

    @Test func web() throws {
        let (scratch, summary) = try run("web")
        #expect(scratch.read("out/web/machines/client/1.out").contains("Hello from a simulated machine."))
        #expect(scratch.read("out/web/machines/server/1.out").contains("GET /missing HTTP"))
        // The run ends when the client is done, not at the limit of the lab.
        #expect(summary.virtualNanoseconds < 60_000_000_000)
    }

    @Test func three() throws {
        let (scratch, _) = try run("three")
        let output = scratch.read("out/three/machines/left/1.out")
        #expect(output.contains("20 packets transmitted, 20 received, 0% packet loss"))
        // 2 ms and 3 ms, there and back; one hop on the way.
        let replies = output.matches(of: /ttl=(\d+) time=([\d.]+) ms/)
        #expect(replies.dropFirst().allSatisfy { $0.1 == "63" && $0.2 == "10.0" })
    }
}
