import Foundation
import Report
import Testing

/// How kernels run their programs.
@Suite(.serialized)
struct GuestModeTests {
    /// Where only 6.12 is offered, or the host has no seccomp, programs are traced.
    private static let canUseSeccomp =
        (try? Almanac.run(["doctor"], in: NSTemporaryDirectory()).output.contains("guest mode seccomp"))
        ?? false

    /// A program of the folder Programs, compiled.
    private func compile(_ program: String, in scratch: Scratch) throws {
        let source = "\(Almanac.project)/Tests/IntegrationTests/Programs/\(program).c"
        let compiler = try Almanac.Running(
            "/usr/bin/cc", ["-O1", "-pthread", "-o", program, source], in: scratch.path
        ).wait()
        try #require(compiler.status == 0, "\(compiler.errors)")
    }

    private func run(
        _ options: [String], program: String = Almanac.program, before: [String] = [], in scratch: Scratch
    ) throws
        -> Almanac.Outcome
    {
        let arguments = ["run", "lab.yaml", "--out", "out/lab", "--no-report"] + options
        return try Almanac.Running(program, before + arguments, in: scratch.path).wait(seconds: 60)
    }

    /// Programs see the same in both modes, in every run.
    @Test(.enabled(if: canUseSeccomp)) func programsSeeTheSame() throws {
        let scratch = try Scratch()
        try compile("views", in: scratch)
        try scratch.write(
            """
            name: lab
            machines:
              m:
                files: { /root/views: { from: views, mode: "755" } }
                run:
                - /root/views
                - "for i in $(seq 30); do sleep 1 & done; wait; echo all"
            """, to: "lab.yaml")
        var outputs: [String] = []
        for mode in ["seccomp", "ptrace", "auto"] {
            let outcome = try run(["--guest-mode", mode], in: scratch)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let used = try scratch.summary("lab").machines[0].guestMode
            #expect(used == (mode == "auto" ? "seccomp" : mode))
            outputs.append(scratch.read("out/lab/machines/m/1.out"))
            #expect(scratch.read("out/lab/machines/m/2.out") == "all\n")
        }
        #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2])
        let lines = outputs[0].split(separator: "\n")
        let expected = [
            "threads: 8000", "vfork: 0", "caught signal 11", "caught signal 4", "caught signal 5",
            "floating point: 4.057221", "filtered call: -1, EPERM",
        ]
        #expect(lines.dropLast().map(String.init) == expected)
        // Nanoseconds of the machine's clock: the command began after one second, and its polling threads take some simulated time.
        let counter = lines.last.flatMap { $0.firstMatch(of: /counter: (\d+), 256 later, processor 0/)?.1 }
        #expect((1_000_000_000..<3_000_000_000).contains(counter.flatMap { Int($0) } ?? 0), "\(lines)")
    }

    /// What a program does to the stub that its process shares with it is its own end at worst.
    @Test(.enabled(if: canUseSeccomp)) func hostileProgram() throws {
        let scratch = try Scratch()
        try compile("hostile", in: scratch)
        try scratch.write(
            """
            name: lab
            machines:
              m:
                files: { /root/hostile: { from: hostile, mode: "755" } }
                run: [/root/hostile, echo alive]
            """, to: "lab.yaml")
        let outcome = try run(["--guest-mode", "seccomp", "--no-pin"], in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let output = scratch.read("out/lab/machines/m/1.out")
        #expect(!output.contains("breach"), "\(output)")
        let counts = try #require(output.firstMatch(of: /(\d+) attacks, (\d+) ended/)?.output)
        #expect(Int(counts.1)! > 500 && Int(counts.2)! > 400)
        #expect(scratch.read("out/lab/machines/m/2.out") == "alive\n")
    }

    /// Without seccomp on the host programs are traced.
    @Test func hostWithoutSeccomp() throws {
        let scratch = try Scratch()
        try compile("unfiltered", in: scratch)
        try scratch.write("name: lab\nmachines:\n  m: { run: [echo x] }\n", to: "lab.yaml")
        let traced = try run(
            [], program: "\(scratch.path)/unfiltered", before: [Almanac.program], in: scratch)
        #expect(traced.status == 0, "\(traced.output)\(traced.errors)")
        #expect(try scratch.summary("lab").machines[0].guestMode == "ptrace")
        let refused = try run(
            ["--guest-mode", "seccomp"], program: "\(scratch.path)/unfiltered", before: [Almanac.program],
            in: scratch)
        #expect(refused.status == 3)
        #expect(refused.errors == "almanac: this host lets no process use seccomp: leave out --guest-mode\n")
    }

    /// A copy of the default kernel without its symbols, by which Almanac knows what it can do.
    private func stripKernel(in scratch: Scratch) throws {
        let copied = try Almanac.Running(
            "/usr/bin/strip", ["-o", "linux", try Almanac.kernel(in: scratch)], in: scratch.path
        ).wait()
        try #require(copied.status == 0, "\(copied.errors)")
    }

    /// Whether RUN follows an interrupt at once, or waits for the kernel's reply, makes no difference to a run.
    @Test(arguments: ["ping", "three", "web"]) func interruptsWithAndWithoutReply(lab: String) throws {
        let scratch = try Scratch()
        try stripKernel(in: scratch)
        var text = try String(contentsOfFile: "\(Almanac.project)/Examples/\(lab).yaml", encoding: .utf8)
        // The stripped one does not learn how long calls that poll take.
        text.replace(/\n  [a-z0-9]+:\n/) { "\($0.output)    polling: exact\n" }
        try scratch.write(text, to: "lab.yaml")
        let hashes = try [["--kernel", "linux"], []].map { kernel in
            let outcome = try run(["--guest-mode", "ptrace"] + kernel, in: scratch)
            try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            return try scratch.summary("lab").hash
        }
        #expect(hashes[0] == hashes[1])
    }

    /// A kernel that does not say that it has what seccomp needs traces its programs.
    @Test func kernelWithoutSymbols() throws {
        let scratch = try Scratch()
        try stripKernel(in: scratch)
        try scratch.write("name: lab\nmachines:\n  m: { run: [echo x] }\n", to: "lab.yaml")
        let traced = try run(["--kernel", "linux"], in: scratch)
        #expect(traced.status == 0, "\(traced.output)\(traced.errors)")
        #expect(try scratch.summary("lab").machines[0].guestMode == "ptrace")
        let refused = try run(["--kernel", "linux", "--guest-mode", "seccomp"], in: scratch)
        #expect(refused.status == 3)
        #expect(
            refused.errors.contains(
                "machine m: the kernel \(scratch.path)/linux cannot run programs under seccomp (Linux 6.16 and later can)"
            ))
    }
}
