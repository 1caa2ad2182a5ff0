import Foundation
import Glibc
import Posix
import Report
import Testing

/// Files of machines that are to be had after a run.
@Suite(.serialized)
struct ArtifactTests {
    /// Runs a lab of machines; the summary's problems are in the output.
    private func run(
        _ machines: String, _ arguments: [String] = [], in scratch: Scratch, status: Int32 = 0
    ) throws -> Almanac.Outcome {
        try scratch.write("name: x\n\(machines)\n", to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml", "--no-report"] + arguments, in: scratch.path)
        #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)")
        return outcome
    }

    /// The files of a machine's artifacts, with the targets of links.
    private func files(_ machine: String, _ scratch: Scratch) throws -> [String] {
        let folder = "\(scratch.path)/out/x/machines/\(machine)/files"
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().map { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return target.map { "\(name) -> \($0)" } ?? name
        }
    }

    @Test func artifactsAreCopied() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
            machines:
              a:
                artifacts: [/var/log/app, "/core*", "/srv/*/log", /nothing, /var/run/state, /root/link]
                run:
                  - mkdir -p /var/log/app/deep /srv/one /srv/two; echo 1 > /var/log/app/deep/a.log; echo 2 > /srv/two/log
                  - head -c 300000 /dev/zero | tr '\\0' x > /var/log/app/big; echo core > /core.7; mkfifo /var/log/app/pipe
                  - ln -s deep/a.log /var/log/app/latest; echo state > /run/state; ln -s /srv/two/log /root/link
                  - trap "echo stopped > /var/log/app/end" TERM; while :; do sleep 1; done
                  - 'true'
              b: { run: [sleep 2] }
            until: 10s
            """.replacing("- trap", with: "- background: true\n        command: trap"), in: scratch)
        #expect(!outcome.output.contains("!!"), "\(outcome.output)")
        #expect(
            try files("a", scratch) == [
                "core.7", "root", "root/link -> ../srv/two/log", "run", "run/state", "srv", "srv/two",
                "srv/two/log",
                "var", "var/log", "var/log/app", "var/log/app/big", "var/log/app/deep",
                "var/log/app/deep/a.log",
                "var/log/app/end", "var/log/app/latest -> deep/a.log",
            ])
        let log = "out/x/machines/a/files/var/log/app"
        #expect(scratch.read("\(log)/latest") == "1\n")
        #expect(scratch.read("\(log)/big") == String(repeating: "x", count: 300_000))
        // What a command writes when it is stopped is there too.
        #expect(scratch.read("\(log)/end") == "stopped\n")
        #expect(try files("b", scratch) == [])
    }

    /// The trace has what was copied, so runs can be compared; without artifacts nothing is sent.
    @Test func runsAreEqual() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nmachines: { a: { artifacts: [/srv/x], run: ['date > /srv/x; head -c 9 /dev/urandom >> /srv/x'] } }\n",
            to: "lab.yaml")
        let outcome = try Almanac.run(["verify", "lab.yaml", "--vary", "folder"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.exists("out/verify/x/1/machines/a/files/srv/x"))
    }

    /// A long copy takes simulated time, so that it does not look like a hang, and does not fill the device's back channel with
    /// interrupts, which a guest on a busy host reads late.
    @Test func aLongCopyIsPaced() throws {
        let scratch = try Scratch()
        _ = try run(
            "machines: { a: { artifacts: [/srv/x], run: ['head -c 9000000 /dev/zero > /srv/x'] } }",
            in: scratch)
        #expect(
            try FileManager.default.attributesOfItem(
                atPath: "\(scratch.path)/out/x/machines/a/files/srv/x")[.size] as? Int == 9_000_000)
        #expect(try scratch.summary("x").virtualNanoseconds >= 1_180_000_000)
        let stats = try Almanac.run(["trace", "stats", "out/x"], in: scratch.path).output
        func count(_ kind: String) throws -> Int {
            let line = try #require(stats.split(separator: "\n").first { $0.hasPrefix("\(kind) ") })
            return try #require(Int(line.split(separator: " ")[1]))
        }
        #expect(try count("kick") > 4000)
        #expect(try count("interrupt") < 1000)
    }

    @Test func theTraceWithoutArtifactsIsTheSame() throws {
        let scratch = try Scratch()
        var hashes: [String?] = []
        for (machine, arguments) in [
            ("{ run: ['true'] }", []), ("{ run: ['true'] }", ["--artifacts", "/srv"]),
            ("{ run: ['true'], artifacts: [/none] }", []),
        ] {
            _ = try run("machines: { a: \(machine) }", arguments, in: scratch)
            hashes.append(try scratch.summary("x").hash)
        }
        #expect(hashes[0] == hashes[1])
        #expect(hashes[0] != hashes[2])
    }

    @Test func failedRunsAreCopiedToo() throws {
        let scratch = try Scratch()
        let machines = """
            machines:
              a: { artifacts: [/srv/a], run: ['echo a > /srv/a; echo b > /srv/b; STATUS'] }
              b: { run: ['echo b > /srv/b'] }
            """
        let patterns = ["--artifacts", "/srv/b", "--artifacts", "/none/*"]
        _ = try run(machines.replacing("STATUS", with: "exit 3"), patterns, in: scratch, status: 1)
        #expect(try files("a", scratch) == ["srv", "srv/a", "srv/b"])
        #expect(try files("b", scratch) == ["srv", "srv/b"])
        let summary = try scratch.summary("x")
        #expect(summary.repeatCommand?.hasSuffix("--artifacts /srv/b --artifacts '/none/*'") == true)
        // A replay of the whole run makes the same.
        let replay = try Almanac.run(["replay", "out/x"], in: scratch.path)
        #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
        _ = try run(machines.replacing("STATUS", with: "exit 0"), patterns, in: scratch)
        #expect(try files("a", scratch) == ["srv", "srv/a"])
        #expect(try files("b", scratch) == [])
        let wrong = try Almanac.run(["run", "lab.yaml", "--artifacts", "core"], in: scratch.path)
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("--artifacts: 'core' is not an absolute path"))
    }

    /// The longest wait is that of `until`; Ctrl-C shuts down in order.
    @Test func anInterruptedRunIsCopied() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nmachines: { a: { artifacts: [/srv/x], run: ['echo 1 > /srv/x; while :; do sleep 0.001; done'] } }\n",
            to: "lab.yaml")
        let running = try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--no-report"], in: scratch.path)
        _ = eventually("the command starts") {
            let console = scratch.read("out/x/machines/a/console.log")
            return console.contains("init process") || console.contains("Run /")
        }
        usleep(500_000)
        kill(running.process.processIdentifier, SIGINT)
        #expect(running.wait().status == 130)
        #expect(scratch.read("out/x/machines/a/files/srv/x") == "1\n")
    }

    @Test func machinesThatAreKilled() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
            machines:
              kept:
                state: keep
                artifacts: [/var/lib/app, "/root/*.txt", /var/log/app]
                run:
                  - command: mkdir -p /var/lib/app; seq 1000 > /var/lib/app/numbers; ln -s numbers /var/lib/app/link; echo t > /root/t.txt; rm -r /etc/apt; sync; sleep 100
                    expect: any
              lost: { artifacts: [/srv], run: [{ command: sleep 100, expect: any }] }
              again: { artifacts: [/srv/x], run: ['date > /srv/x; sleep 2'] }
            faults:
              - { at: 5s, machine: kept, kill: true }
              - { at: 5s, machine: lost, kill: true }
              - { at: 2s, machine: again, kill: true, restart: after 1s }
            until: 20s
            """, in: scratch)
        #expect(
            try files("kept", scratch) == [
                "root", "root/t.txt", "var", "var/lib", "var/lib/app", "var/lib/app/link -> numbers",
                "var/lib/app/numbers",
            ])
        let numbers = (1...1000).map { "\($0)\n" }.joined()
        #expect(scratch.read("out/x/machines/kept/files/var/lib/app/link") == numbers)
        #expect(
            outcome.output.contains(
                "!! kept: artifacts: /var/log/app is lost with its memory, which held /var/log"),
            "\(outcome.output)")
        #expect(
            outcome.output.contains("!! lost: its artifacts are lost with its memory"), "\(outcome.output)")
        // A machine that booted again shuts down in order.
        #expect(try files("again", scratch) == ["srv", "srv/x"])
        try gets(scratch)
    }

    /// `almanac get` from the disk of the killed machine.
    private func gets(_ scratch: Scratch) throws {
        let disk = "\(scratch.path)/out/x/machines/kept/disk.img"
        let before = try FileManager.default.attributesOfItem(atPath: disk)[.modificationDate] as? Date
        func get(_ arguments: [String], _ status: Int32 = 0) throws -> String {
            let outcome = try Almanac.run(["get", "out/x"] + arguments, in: scratch.path)
            #expect(outcome.status == status, "\(arguments): \(outcome.output)\(outcome.errors)")
            return outcome.output + outcome.errors
        }
        #expect(try get(["kept:/var/lib/app"]) == "app\n")
        #expect(scratch.read("app/numbers").hasSuffix("999\n1000\n"))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: "\(scratch.path)/app/link") == "numbers"
        )
        #expect(try get(["kept:/var/lib/app/link", "n"]) == "n\n")
        #expect(scratch.read("n") == scratch.read("app/numbers"))
        // An existing folder takes it; an existing file stays.
        #expect(try get(["kept:/root/t.txt", "app"]) == "app/t.txt\n")
        #expect(scratch.read("app/t.txt") == "t\n")
        #expect(
            try get(["kept:/root/t.txt", "n"], 2)
                == "almanac: n exists: name another target, or replace it with --force\n")
        #expect(try get(["kept:/root/t.txt", "n", "--force"]) == "n\n")
        #expect(scratch.read("n") == "t\n")
        #expect(try get(["kept:/var/lib/app", "--force"]) == "app\n")
        #expect(!scratch.exists("app/t.txt"))
        for (source, message) in [
            ("kept:/etc/apt/sources.list", "the machine deleted /etc/apt"),
            ("kept:/etc/passwd", "it never wrote /etc/passwd: what it read there is the host's"),
            ("kept:/nothing", "there is no /nothing on its disk"),
            (
                "kept:/tmp/x",
                "/tmp was in its memory and not on its disk; `artifacts` in its entry copies from there"
            ),
            (
                "lost:/srv/x",
                "the run kept no files of it: that needs `state: keep` or `artifacts` in its entry"
            ),
            ("again:/srv/y", "it is not among its artifacts"),
        ] {
            #expect(try get([source], 2) == "almanac: cannot get \(source): \(message)\n")
        }
        #expect(try get(["again:/srv/x", "date"]) == "date\n")
        #expect(scratch.read("date").contains("2026"))
        #expect(
            try get(["none:/x"], 2)
                == "almanac: out/x has no machine none; its machines are again, kept, lost\n")
        #expect(try get(["kept:x"], 2).contains("kept:x is no absolute path"))
        #expect(try get(["kept"], 2).contains("'kept' names no machine"))
        #expect(try get(["../x:/x"], 2).contains("has no machine ../x"))
        let missing = try Almanac.run(["get", "out/none", "a:/x"], in: scratch.path)
        #expect(missing.errors == "almanac: out/none: there is no such run folder\n")
        #expect(try FileManager.default.attributesOfItem(atPath: disk)[.modificationDate] as? Date == before)
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.hasPrefix(".almanac-get") })
    }

    @Test func aRunThatContinues() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nmachines: { a: { state: keep, run: ['while :; do sleep 0.001; done'] } }\n",
            to: "lab.yaml")
        let running = try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--no-report"], in: scratch.path)
        _ = eventually("the run begins") { scratch.exists("out/x/machines/a/console.log") }
        // It is asked for them itself, and has none.
        let outcome = try Almanac.run(["get", "out/x", "a:/root/x"], in: scratch.path)
        #expect(outcome.status == 1 || outcome.errors.contains("has not booted"), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        kill(running.process.processIdentifier, SIGKILL)
        _ = running.wait()
    }

    /// Root of a machine can send what it likes in place of its init.
    @Test func aMachineCannotWriteElsewhere() throws {
        let scratch = try Scratch()
        try scratch.write("untouched", to: "victim")
        let outcome = try run(
            """
            machines:
              a:
                artifacts: [/srv/x]
                files:
                  /root/send.py: |
                    import struct
                    def entry(kind, path, rest=b''):
                        payload = struct.pack('<BIqI', kind, 0o644, 0, len(path)) + path + rest
                        return struct.pack('<IB', len(payload), 12) + payload
                    up = b'../' * 8
                    data = entry(4, b'/srv/out', up + b'victim') + entry(2, b'/srv/out') + entry(3, b'', b'evil')
                    data += entry(4, b'/srv/dir', up) + entry(2, b'/srv/dir/victim') + entry(3, b'', b'evil')
                    data += entry(2, b'/' + up + b'victim') + entry(3, b'', b'evil') + entry(2, b'victim')
                    open('/dev/hvc0', 'wb', 0).write(data)
                run:
                  - command: echo x > /srv/x; trap "python3 /root/send.py; exit 0" TERM; while :; do sleep 1; done
                    background: true
                  - sleep 3
            """, in: scratch)
        #expect(outcome.output.contains("artifacts: cannot write /srv/out: File exists"), "\(outcome.output)")
        #expect(outcome.output.contains("is no path of a file to copy"), "\(outcome.output)")
        #expect(try files("a", scratch) == ["srv", "srv/dir -> ..", "srv/out -> ../victim", "srv/x"])
        #expect(scratch.read("victim") == "untouched")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/out") == ["x"])
    }

    @Test func filesWithoutARequestEndTheMachine() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
            machines:
              a:
                run: ["printf '\\\\021\\\\0\\\\0\\\\0\\\\014\\\\005\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0' > /dev/hvc0; sleep 5"]
            """, in: scratch, status: 1)
        #expect(outcome.output.contains("its init sent a file without a request"), "\(outcome.output)")
    }

    private static let canBecomeNobody =
        geteuid() == 0 && HostUser.everybodyReads(Almanac.program)
        && HostUser.everybodyReads("\(Almanac.project)/Kernel/build")

    @Test(.enabled(if: canBecomeNobody, "only root can become another user, who has to reach the program"))
    func anOrdinaryUserGetsThemToo() throws {
        let scratch = try Scratch()
        let nobody = try #require(HostUser.nobody)
        try Posix.give(scratch.path, to: nobody)
        try scratch.write(
            """
            name: x
            machines:
              a:
                state: keep
                artifacts: [/srv]
                run: [{ command: 'echo x > /srv/x; chmod 600 /srv/x; mkdir /srv/d; chmod 0 /srv/d; chown 7:7 /srv/x; sync; sleep 9', expect: any }]
            faults: [{ at: 5s, machine: a, kill: true }]
            """, to: "lab.yaml")
        let kernel = "\(scratch.path)/kernel"
        let built = URL(fileURLWithPath: try Almanac.kernel(in: scratch)).resolvingSymlinksInPath()
        try FileManager.default.copyItem(atPath: built.path, toPath: kernel)
        let inner = [
            "'\(Almanac.program)' run lab.yaml --no-report --kernel '\(kernel)'",
            "'\(Almanac.program)' get out/x a:/srv",
        ].joined(separator: " && ")
        let outcome = try Almanac.Running(
            "/usr/bin/setpriv",
            [
                "--reuid", "\(nobody.user)", "--regid", "\(nobody.group)", "--clear-groups", "sh", "-c",
                inner,
            ], in: scratch.path, environment: ["XDG_CACHE_HOME": "\(scratch.path)/cache"]
        ).wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.read("srv/x") == "x\n")
        #expect(scratch.read("out/x/machines/a/files/srv/x") == "x\n")
    }
}
