import Foundation
import Report
import Testing

/// Machines with roots of their own: folders, tar files and images.
@Suite(.serialized)
struct ImageTests {
    private static let tool = "\(Almanac.project)/Tests/IntegrationTests/Programs/make-image"

    /// A file with everything that a small machine needs, and links to it.
    private static var programs: [[String: Any]] {
        [["path": "bin/busybox", "from": "/bin/busybox"]]
            + [
                "sh", "ls", "cat", "id", "pwd", "env", "ping", "stat", "hostname", "sleep", "touch", "date",
                "grep", "df", "tail",
            ]
            .map {
                ["path": "bin/\($0)", "kind": "link", "to": "busybox"]
            }
    }

    private static var accounts: [[String: Any]] {
        [
            ["path": "etc/passwd", "text": "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/srv/web:/bin/sh\n"],
            ["path": "etc/group", "text": "root:x:0:\nweb:x:102:\nlog:x:103:a,web\nother:x:104:a\n"],
        ]
    }

    private func make(_ arguments: [String], _ description: Any, in scratch: Scratch) throws {
        let data = try JSONSerialization.data(withJSONObject: description)
        try scratch.write(String(decoding: data, as: UTF8.self), to: "description.json")
        let command = "\(Self.tool) \(arguments.joined(separator: " ")) < description.json"
        let outcome = try Almanac.shell(command, in: scratch.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    private func image(
        _ layers: [[[String: Any]]], config: [String: Any] = [:], architecture: String = "amd64",
        in scratch: Scratch
    ) throws {
        try make(
            ["images", "x"], ["layers": layers, "config": config, "architecture": architecture], in: scratch)
    }

    /// Runs a lab with one machine, `m`.
    private func run(
        _ machine: String, _ arguments: [String] = [], lab: String = "", in scratch: Scratch
    ) throws -> Almanac.Outcome {
        try scratch.write("name: x\n\(lab)\nmachines:\n  m: { \(machine) }\n", to: "lab.yaml")
        return try Almanac.run(["run", "lab.yaml", "--no-report"] + arguments, in: scratch.path)
    }

    private func output(_ scratch: Scratch, _ number: Int = 1) -> String {
        scratch.read("out/x/machines/m/\(number).out")
    }

    @Test func anImageSaysWhatItsProgramIs() throws {
        let scratch = try Scratch()
        let data: [[String: Any]] = [
            ["path": "srv/web", "kind": "folder", "user": 101, "group": 102, "mode": 0o750],
            ["path": "srv/web/a b", "text": "x", "user": 101, "group": 103, "mode": 0o4711],
        ]
        try image(
            [Self.programs + Self.accounts, data],
            config: [
                "User": "web", "WorkingDir": "/srv/web/new", "Env": ["A=1", "B=2", "PATH=/bin"],
                "Entrypoint": ["/bin/sh", "-c"], "StopSignal": "SIGINT",
                "Cmd": [
                    "id; pwd; echo $A$B $HOME; stat -c '%u:%g %a %n' '/srv/web/a b' /srv/web /bin/busybox"
                ],
            ], in: scratch)
        let outcome = try run("root: \"oci:images:x\", env: { B: 3 }", in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(
            output(scratch) == """
                uid=101(web) gid=102(web) groups=102(web),103(log)
                /srv/web/new
                13 /srv/web
                101:103 4711 /srv/web/a b
                101:102 750 /srv/web
                0:0 755 /bin/busybox

                """)
        #expect(try scratch.summary("x").machines[0].commands[0].command.hasPrefix("/bin/sh -c 'id; pwd"))
        // The same image as `docker save` writes it, with another program, user and folder.
        let copied = try Almanac.shell(
            "skopeo --insecure-policy copy -q oci:images:x docker-archive:saved.tar:example.org/x:1",
            in: scratch.path)
        try #require(copied.status == 0, "\(copied.errors)")
        let other = try run(
            "root: \"docker-archive:saved.tar:example.org/x:1\", user: \"7:log\", workdir: /srv, hostname: node.example, entrypoint: [/bin/sh], command: [-c, id; pwd; hostname; echo \"$HOME\"]",
            in: scratch)
        #expect(other.status == 0, "\(other.output)\(other.errors)")
        #expect(output(scratch) == "uid=7 gid=103(log) groups=103(log)\n/srv\nnode.example\n/\n")
        // It was unpacked for the first run.
        #expect(!other.errors.contains("unpacking"), "\(other.errors)")
        // And `run` replaces the program.
        let commands = try run(
            "root: \"oci:images:x\", user: root, run: [[/bin/echo, \"a  b\", \"$A\"], \"echo $A\"]",
            in: scratch)
        #expect(commands.status == 1 && output(scratch).contains("cannot execute /bin/echo"))
        #expect(output(scratch, 2) == "1\n")
    }

    @Test func layersReplaceAndRemove() throws {
        let scratch = try Scratch()
        let layers: [[[String: Any]]] =
            [
                Self.programs + [
                    ["path": "a/1", "text": "1"], ["path": "a/2", "text": "2"], ["path": "b/1", "text": "1"],
                    ["path": "c/1", "text": "1"], ["path": "d", "text": "old"],
                ],
                [
                    ["path": "a/.wh.1"], ["path": ".wh.b"], ["path": "c/.wh..wh..opq"],
                    ["path": "c/3", "text": "3"],
                    ["path": "d", "text": "new"],
                ],
            ] + (1...48).map { [["path": "many/\($0)", "text": "\($0)"]] }
        try image(layers, in: scratch)
        let outcome = try run(
            "root: \"oci:images:x\", run: [\"ls -d /a/* /b /c/*; cat /d; ls /many | busybox wc -l\"]",
            in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(output(scratch) == "ls: /b: No such file or directory\n/a/2\n/c/3\nnew48\n")
    }

    @Test func tarFilesAndFoldersAreRoots() throws {
        let scratch = try Scratch()
        let files =
            Self.programs + [
                ["path": "../up", "text": "up"], ["path": "/abs/file", "text": "abs"],
                ["path": "null", "kind": "device"],
                ["path": "out", "kind": "link", "to": "../../../etc/hostname"],
                ["path": "srv/x", "text": "x", "user": 5, "group": 6, "mode": 0o600],
            ]
        try make(["plain.tar"], files, in: scratch)
        let packed = try Almanac.shell(
            "gzip -k plain.tar; zstd -q plain.tar; mkdir -p tree; tar -xf plain.tar -C tree bin srv",
            in: scratch.path)
        try #require(packed.status == 0, "\(packed.errors)")
        for name in ["plain.tar", "plain.tar.gz", "plain.tar.zst"] {
            let outcome = try run(
                "root: \(name), run: [\"cat /up /abs/file; stat -c '%F' /null; stat -c '%u:%g %a' /srv/x; cat /out\"]",
                in: scratch)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(output(scratch) == "upabscharacter special file\n5:6 600\nm\n", "\(name)")
        }
        #expect(
            !scratch.exists("../up") && !scratch.exists("up")
                && !FileManager.default.fileExists(atPath: "/abs"))
        // A folder is seen as it is, and not written to.
        let folder = try run(
            "root: tree, command: [/bin/sh, -c, \"cat /srv/x; echo y > /srv/x; cat /srv/x; pwd\"]",
            in: scratch)
        #expect(folder.status == 0, "\(folder.output)\(folder.errors)")
        #expect(output(scratch) == "xy\n/\n" && scratch.read("tree/srv/x") == "x")
    }

    /// Shells and programs at any moment, what survives a kill, and files of machines: as with the host's root.
    @Test func machinesWithImagesAreLookedAt() throws {
        let scratch = try Scratch()
        try image([Self.programs], in: scratch)
        let outcome = try run(
            "root: \"oci:images:x\", state: keep, artifacts: [/root/kept], run: [\"mkdir -p /root; cat /root/kept; date +%s >> /root/kept; busybox sync; sleep 30\"]",
            lab: "faults: [{ at: 10s, machine: m, kill: true, restart: 5s }]", in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.read("out/x/machines/m/files/root/kept").split(separator: "\n").count == 2)
        let replay = try Almanac.run(
            ["replay", "out/x", "--at", "20s", "--exec", "m", "cat /root/kept; id"], in: scratch.path)
        #expect(replay.status == 0, "\(replay.errors)")
        #expect(replay.output.split(separator: "\n").count == 3, "\(replay.output)\(replay.errors)")
        let verified = try Almanac.run(["verify", "lab.yaml", "--runs", "3"], in: scratch.path)
        #expect(
            verified.status == 0 && verified.output.hasPrefix("equal: x, 3 runs"),
            "\(verified.output)\(verified.errors)")
        // Another image of that name is not the run's.
        try image([Self.programs + [["path": "more", "text": ""]]], in: scratch)
        let changed = try Almanac.run(["replay", "out/x", "--at", "20s"], in: scratch.path)
        #expect(
            changed.status == 3 && changed.errors.contains("oci:images:x is not the run's image"),
            "\(changed.errors)")
    }

    /// The run does not depend on a folder's times, nor on the host's files.
    @Test func hermeticLabsSeeNothingOfTheHost() throws {
        let scratch = try Scratch()
        try make(["plain.tar"], Self.programs + Self.accounts, in: scratch)
        let lab = "hermetic: true\nnetworks: { lan: { subnet: 10.0.0.0/24 } }"
        let machine =
            "root: tree, networks: [lan], run: [\"ls -lanR / | grep -v ' /proc\\\\| /sys' > /dev/null; ls -lan /; ping -c 3 10.0.0.1\"]"
        var hashes: [String] = []
        for _ in 0..<2 {
            let unpacked = try Almanac.shell(
                "rm -rf tree; mkdir tree; tar -xf plain.tar -C tree", in: scratch.path)
            try #require(unpacked.status == 0, "\(unpacked.errors)")
            let outcome = try run(machine, lab: lab, in: scratch)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)\(output(scratch))")
            hashes.append(try scratch.summary("x").hash ?? "none")
        }
        #expect(hashes[0] == hashes[1], "\(output(scratch))")
        let read = scratch.read("out/x/host-files.json")
        #expect(!read.contains("\"path\" : \"/etc") && !read.contains("\"path\" : \"/usr"), "\(read)")
        let without = try run("run: [\"true\"]", lab: lab, in: scratch)
        #expect(without.status == 2)
        #expect(
            without.errors.contains("machine m has the host's root, and the lab is hermetic"),
            "\(without.errors)")
    }

    /// A lab with this root does not run: the line that says why.
    private func refusal(_ root: String, _ machine: String = "", in scratch: Scratch) throws -> String {
        let outcome = try run("root: \"\(root)\", run: [\"true\"]\(machine)", in: scratch)
        #expect(outcome.status == 2, "\(root): \(outcome.output)\(outcome.errors)")
        let lines = outcome.errors.split(separator: "\n").filter { !$0.hasSuffix(", once") }
        #expect(lines.count == 1, "\(outcome.errors)")
        return lines.last.map(String.init) ?? ""
    }

    @Test func damagedImagesAreNamed() throws {
        let scratch = try Scratch()
        let token = "\(UInt64.random(in: 0 ... .max))"
        try image(
            [[["path": "first-\(token)", "text": "1"]], [["path": "second", "text": "2"]]], in: scratch)
        let broken = try Almanac.shell(
            "cd images/blobs/sha256; for blob in *; do grep -q first-\(token) $blob && mv $blob ../../gone; done; true",
            in: scratch.path)
        try #require(broken.status == 0)
        #expect(try refusal("oci:images:x", in: scratch).contains("no such file or directory"))
        let wrong = try Almanac.shell(
            "cd images; for hash in $(sha256sum gone | cut -c1-64); do tr 1 3 < gone > blobs/sha256/$hash; done",
            in: scratch.path)
        try #require(wrong.status == 0)
        #expect(try refusal("oci:images:x", in: scratch).contains("igest did not match"))
        #expect(try refusal("oci:images:y", in: scratch).contains("no descriptor found for reference \"y\""))
        #expect(try refusal("oci:none:x", in: scratch).hasSuffix("/none"))
        try image([Self.programs], architecture: "arm64", in: scratch)
        #expect(
            try refusal("oci:images:x", in: scratch).contains(
                "it is for linux on arm64; machines run linux on amd64"))
        try scratch.write("no archive", to: "text.tar")
        #expect(try refusal("text.tar", in: scratch).contains("root text.tar: sqfstar: "))
        #expect(try refusal("text.tar/", in: scratch).contains("is a file"))
        #expect(try refusal("docker-archive:text.tar", in: scratch).contains("skopeo: "))
        #expect(try refusal("nginx:1.2", in: scratch).contains("a registry cannot be reached from here"))
        // What could not be made leaves nothing.
        let left = try FileManager.default.contentsOfDirectory(
            atPath: Almanac.cache + "/almanac/roots"
        ).filter { $0.hasPrefix("unpacking") }
        #expect(left.isEmpty)
    }

    @Test func aLinkInALayerLeadsNowhere() throws {
        let scratch = try Scratch()
        let target = "\(scratch.path)/target"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try image(
            [
                Self.programs + [["path": "out", "kind": "link", "to": target]],
                [["path": "out/evil", "text": "x"], ["path": "../../evil", "text": "y"]],
            ], in: scratch)
        _ = try run("root: \"oci:images:x\", run: [\"ls /\"]", in: scratch)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target).isEmpty)
        #expect(
            !scratch.exists("../evil")
                && !FileManager.default.fileExists(atPath: Almanac.cache + "/almanac/roots/evil"))
    }

    @Test func foldersOfTheHostAndOfMemory() throws {
        let scratch = try Scratch()
        try make(["plain.tar"], Self.programs + Self.accounts, in: scratch)
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/src/sub", withIntermediateDirectories: true)
        try scratch.write("one\n", to: "src/sub/f")
        for root in ["root: plain.tar", "root: host"] {
            let outcome = try run(
                "\(root), networks: { lan: { aliases: [data_base] } }, hosts: { reg.example: 10.0.0.9 }, ulimits: { nofile: { soft: 20000, hard: 40000 } }, sysctls: { net.core.somaxconn: 77 }, mounts: { /srv/src: { from: src }, /cache: { tmpfs: 1M } }, run: [\"cat /srv/src/sub/f; echo two > /srv/src/sub/f; cat /srv/src/sub/f /proc/sys/net/core/somaxconn; grep -c -e data_base -e reg.example /etc/hosts; ulimit -Sn; ulimit -Hn; df /cache | tail -n 1 | { read a b c; echo $b; }\"]",
                lab: "networks: { lan: { subnet: 10.0.0.0/24 } }", in: scratch)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(output(scratch) == "one\ntwo\n77\n2\n20000\n40000\n1024\n", "\(root)")
            #expect(scratch.read("src/sub/f") == "one\n")
        }
        let missing = try run("run: ['true'], mounts: { /x: { from: none } }", in: scratch)
        #expect(
            missing.status == 2 && missing.errors.contains("machine m: mount /x: there is no "),
            "\(missing.errors)")
        let file = try run("run: ['true'], mounts: { /x: { from: plain.tar } }", in: scratch)
        #expect(file.status == 2 && file.errors.contains("is a file: name it in 'files'"), "\(file.errors)")
    }

    /// Ctrl-C ends an unpacking, its programs too, and the next run begins again.
    @Test func anUnpackingCanBeInterrupted() throws {
        let scratch = try Scratch()
        try make(["plain.tar"], Self.programs, in: scratch)
        // A reader that never ends is in front of the real one.
        try scratch.write("#!/bin/sh\necho $$ > \(scratch.path)/pid\nexec sleep 1000\n", to: "gzip")
        _ = unsafe chmod("\(scratch.path)/gzip", 0o755)
        let packed = try Almanac.shell("gzip plain.tar", in: scratch.path)
        try #require(packed.status == 0, "\(packed.errors)")
        try scratch.write("name: x\nmachines: { m: { root: plain.tar.gz, run: ['ls /'] } }\n", to: "lab.yaml")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let run = try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--no-report"], in: scratch.path,
            environment: ["PATH": "\(scratch.path):\(path)"])
        #expect(eventually("the reader runs") { !scratch.read("pid").isEmpty })
        // As Ctrl-C does, which a shell lets its background jobs ignore.
        kill(run.process.processIdentifier, SIGTERM)
        _ = run.wait(seconds: 60)
        #expect(run.process.terminationReason == .uncaughtSignal)
        let reader = Int32(scratch.read("pid").trimmingCharacters(in: .newlines)) ?? 0
        kill(reader, SIGKILL)
        let outcome = try Almanac.run(["run", "lab.yaml", "--no-report"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    /// A compose file runs as it is.
    @Test func aComposeFileRuns() throws {
        let scratch = try Scratch()
        let links: [[String: Any]] = ["httpd", "wget", "echo"].map {
            ["path": "bin/\($0)", "kind": "link", "to": "busybox"]
        }
        try image([Self.programs + links], config: ["Entrypoint": ["/bin/sh", "-c"]], in: scratch)
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/page", withIntermediateDirectories: true)
        try scratch.write("page\n", to: "page/index.html")
        try scratch.write("WORD=hello\n", to: ".env")
        try scratch.write(
            """
            name: x
            x-base: &base { image: x, networks: [lan] }
            services:
              the_web:
                <<: *base
                container_name: www
                restart: unless-stopped
                command: ["httpd -f -p 80 -h /www"]
                volumes: ["./page:/www:ro", "data:/data"]
                ports: ["8080:80"]
                healthcheck: { test: wget -q -O /dev/null http://localhost/, interval: 3s }
              client:
                <<: *base
                environment: { TEXT: "${WORD} $$" }
                command: ["wget -q -O - http://the_web/ && wget -q -O - http://www/ && echo $$TEXT"]
                depends_on: { the_web: { condition: service_healthy } }
            networks: { lan: { x-almanac: { latency: 20ms } } }
            volumes: { data: {} }
            """, to: "compose.yaml")
        let outcome = try Almanac.run(["run", "compose.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.read("out/x/machines/client/1.out") == "page\npage\nhello $\n")
        #expect(outcome.output.contains("the-web check: wget -q -O /dev/null http://localhost/: healthy"))
        let lab = try Almanac.shell(
            "$ALMANAC convert compose.yaml > lab.yaml; $ALMANAC run lab.yaml --out out/y", in: scratch.path)
        #expect(lab.status == 0, "\(lab.output)\(lab.errors)")
        let hashes = try ["x", "y"].map { try scratch.summary($0).hash }
        #expect(hashes[0] == hashes[1] && hashes[0] != nil)
        let replay = try Almanac.run(
            ["replay", "out/x", "--at", "4s", "--exec", "the-web", "ls /data /www"], in: scratch.path)
        #expect(
            replay.status != 3 && replay.output.contains("index.html"), "\(replay.output)\(replay.errors)")
    }

    @Test func aUserWhoIsNotThere() throws {
        let scratch = try Scratch()
        try image([Self.programs], in: scratch)
        let outcome = try run("root: \"oci:images:x\", user: nobody, run: [\"true\"]", in: scratch)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("there is no user nobody in this machine's /etc/passwd"),
            "\(outcome.output)")
    }
}
