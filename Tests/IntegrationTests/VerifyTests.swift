import Foundation
import Testing

/// `almanac verify` on real kernels: that runs are the same, and that it sees when they are not.
@Suite(.serialized)
struct VerifyTests {
    /// The determinism gate; `make gate` makes more runs.
    @Test(arguments: ["ping", "three", "web", "mixed"]) func twentyRunsAreTheSame(_ lab: String) throws {
        let scratch = try Scratch()
        let running = try Almanac.Running(
            Almanac.program, ["verify", "\(Almanac.project)/Examples/\(lab).yaml", "--runs", "20"],
            in: scratch.path)
        let outcome = running.wait(seconds: 600)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("equal: \(lab), 20 runs, hash "))
        #expect(outcome.output.split(separator: "\n").count == 1)
        // Every condition was there.
        for condition in ["jobs 1", "jobs 2", "core", "not pinned", "loaded", "folder", "stopped"] {
            #expect(outcome.errors.contains(condition), "\(condition)")
        }
    }

    @Test func theHostsRandomnessIsFound() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(
            ["verify", "\(Almanac.project)/Examples/web.yaml", "--host-randomness", "--vary", "none"],
            in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.hasPrefix("first difference at "))
        #expect(outcome.output.contains("before it, in both:\n"))
        #expect(outcome.output.contains("\nrun 1: "))
        #expect(outcome.output.contains("\nrun 2: "))
        #expect(outcome.output.contains("DIFFERENT: run 2"))
    }

    /// A command that looks at something of the host: what it wrote is the first thing that differs, at its instant.
    @Test func whatDiffersIsNamedAtTheRightEvent() throws {
        let scratch = try Scratch()
        // Guests have a /tmp of their own; everything else is the host's.
        let leak = "/var/tmp/almanac-test-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: leak) }
        try scratch.write(
            """
            name: leak
            networks:
              lan: { subnet: 10.0.0.0/24, latency: 1ms }
            machines:
              m: { count: 2, networks: [lan], run: ["sleep 1; echo same", { command: "cat \(leak)", at: 5s }] }
            """, to: "leak.yaml")
        for run in ["first", "other"] {
            try run.write(toFile: leak, atomically: false, encoding: .utf8)
            let outcome = try Almanac.run(["run", "leak.yaml", "--out", "out/\(run)"], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        let outcome = try Almanac.run(["trace", "diff", "out/first", "out/other"], in: scratch.path)
        #expect(outcome.status == 1)
        let lines = outcome.output.split(separator: "\n")
        let words = try #require(lines.first).split(separator: " ")
        #expect(lines[0].hasPrefix("first difference at 5.00"), "\(outcome.output)")
        // The name of the file, which differs from test to test, decides which machine is first by a nanosecond.
        let machine = words[5].dropLast()
        #expect(["m1", "m2"].contains(machine), "\(lines[0])")
        // What its init says on the control device, and in which file it ends up.
        #expect(
            lines.contains { $0.hasPrefix("out/first: ") && $0.contains("\(machine)  control-in ") },
            "\(outcome.output)"
        )
        let command = "cat \(leak)".prefix(39)
        #expect(
            outcome.output.contains(
                "files that differ: machines/m1/2.out (\(command)), machines/m2/2.out (\(command))\n"),
            "\(outcome.output)")
    }

    /// `rdtsc` and `rdtscp` count a guest's nanoseconds; faults that are a program's own still end it.
    @Test func theTimeStampCounterIsTheGuestsClock() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: counter
            machines:
              m:
                files:
                  /counter.py: |
                    import ctypes, mmap, time
                    def function(code):
                        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                        page.write(bytes.fromhex(code))
                        pages.append(page)
                        return ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
                    pages = []
                    # Into rdx and rax, from there into rax.
                    for read in function("0f3148c1e2204809d0c3"), function("0f01f948c1e2204809d0c3"):
                        for _ in range(3):
                            print(read(), time.monotonic_ns())
                            time.sleep(1)
                    ctypes.string_at(0)
                run: [{ command: python3 -u /counter.py, expect: 139 }]
            """, to: "counter.yaml")
        let outcome = try Almanac.run(["verify", "counter.yaml"], in: scratch.path)
        #expect(outcome.status == 0 && outcome.output.hasPrefix("equal: counter"), "\(outcome.output)")
        #expect(try Almanac.run(["run", "counter.yaml"], in: scratch.path).status == 0)
        let output = scratch.read("out/counter/machines/m/1.out")
        let rows = output.matches(of: /(?m)^(\d+) (\d+)$/).compactMap { row in
            Int(row.1).flatMap { counter in Int(row.2).map { (counter: counter, clock: $0) } }
        }
        #expect(rows.count == 6, "\(output)")
        #expect(rows.allSatisfy { abs($0.counter - $0.clock) < 100_000 }, "\(output)")
    }

    @Test func anotherSeedIsAnotherRun() throws {
        let scratch = try Scratch()
        for seed in ["1", "2"] {
            let outcome = try Almanac.run(
                [
                    "run", "\(Almanac.project)/Examples/three.yaml", "--seed", seed, "--out", "out/\(seed)",
                ], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        let outcome = try Almanac.run(["trace", "diff", "out/1", "out/2"], in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.hasPrefix("not the same lab: their seeds are 1 and 2\nfirst difference at "))
    }

    @Test func aLabThatFailsIsTheSameEachTime() throws {
        let scratch = try Scratch()
        try scratch.write("name: fails\nmachines:\n  m: { run: [\"sleep 2; false\"] }\n", to: "fails.yaml")
        let outcome = try Almanac.run(["verify", "fails.yaml", "--quiet"], in: scratch.path)
        #expect(outcome.status == 0)
        #expect(outcome.output.hasSuffix("; the lab failed each time\n"), "\(outcome.output)")
        #expect(outcome.errors.isEmpty)
    }

    /// What ends early ends in simulated time too: a machine that cannot be set up, and a limit while machines boot.
    /// Root may open the file that cannot be read, so it is found when the machine boots.
    @Test(.enabled(if: geteuid() == 0, "only root may open /proc/self/clear_refs"), arguments: ["1ms", "0s"])
    func whatEndsEarlyIsTheSameEachTime(latency: String) throws {
        let scratch = try Scratch()
        let machines = (1...4).map { number in
            let files = number == 3 ? "    files: { /etc/motd: { from: /proc/self/clear_refs } }\n" : ""
            return "  m\(number):\n    networks: [lan]\n\(files)    run: [ping -c 3 m\(number % 4 + 1)]\n"
        }
        try scratch.write(
            "name: early\nnetworks: { lan: { subnet: 10.0.0.0/24, latency: \(latency) } }\nmachines:\n"
                + machines.joined(),
            to: "early.yaml")
        for arguments in [[], ["--until", "100ms"], ["--until", "1200ms"]] {
            let outcome = try Almanac.run(
                ["verify", "early.yaml", "--runs", "6", "--quiet"] + arguments, in: scratch.path)
            #expect(outcome.status == 0, "\(arguments): \(outcome.output)")
            #expect(outcome.output.hasSuffix("; the lab failed each time\n"), "\(outcome.output)")
        }
    }

    @Test(arguments: [
        (["--runs", "1"], "--runs is from 2"), (["--vary", "moon"], "the conditions are jobs, cores"),
        (["--kernel", "/nowhere"], "no kernel at /nowhere"),
    ])
    func whatIsWrongIsSaid(_ arguments: [String], message: String) throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(
            ["verify", "\(Almanac.project)/Examples/sleep.yaml"] + arguments, in: scratch.path)
        #expect(outcome.status == (message.hasPrefix("no kernel") ? 3 : 2))
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
}
