import Foundation
import Report
import Testing

/// An installation below a folder whose name has spaces, used from other such folders, as root and as an ordinary user.
@Suite(.serialized)
struct InstallTests {
    /// Where everything is installed: a folder with spaces.
    private static func install(in scratch: Scratch) throws -> String {
        let prefix = "\(scratch.path)/a prefix"
        let outcome = try Almanac.Running(
            "\(Almanac.project)/tools/install", [], in: scratch.path,
            environment: ["PREFIX": prefix, "DESTDIR": "", "ALMANAC": Almanac.program]
        ).wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return prefix
    }

    /// Nothing of this user's: no cache, no home.
    private static let bare = ["XDG_CACHE_HOME": "/nonexistent", "HOME": "/nonexistent", "ALMANAC_HOME": ""]

    @Test func everythingIsInItsPlaceAndGoesAgain() throws {
        let scratch = try Scratch()
        let prefix = try Self.install(in: scratch)
        for file in [
            "bin/almanac", "lib/almanac/almanac-init", "lib/almanac/almanac-entropy.so",
            "share/almanac/Kernel/build", "share/almanac/Kernel/fragment.config",
            "share/man/man1/almanac.1.gz", "share/man/man1/almanac-trace-show.1.gz",
            "share/bash-completion/completions/almanac", "share/zsh/site-functions/_almanac",
            "share/fish/vendor_completions.d/almanac.fish", "share/doc/almanac/README.md",
            "share/doc/almanac/Examples/ping.yaml", "share/doc/almanac/docs/cli.md",
            "share/doc/almanac/ARCHITECTURE.md", "share/doc/almanac/CONTRIBUTING.md",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(file)"), "\(file)")
        }
        let page = try Almanac.Running(
            "/bin/gzip", ["-dc", "\(prefix)/share/man/man1/almanac-run.1.gz"], in: scratch.path
        ).wait().output
        #expect(page.contains(".SH OPTIONS") && page.contains("\\fB\\-\\-silence\\-limit\\fR"))
        let completion = try Almanac.Running(
            "/bin/bash",
            ["-n", "\(prefix)/share/bash-completion/completions/almanac"], in: scratch.path
        ).wait()
        #expect(completion.status == 0, "\(completion.errors)")
        let removal = try Almanac.Running(
            "\(Almanac.project)/tools/install", ["--remove"], in: scratch.path,
            environment: ["PREFIX": prefix, "DESTDIR": ""]
        ).wait()
        #expect(removal.status == 0, "\(removal.errors)")
        let left = try FileManager.default.subpathsOfDirectory(atPath: prefix).filter {
            $0.contains("almanac")
        }
        #expect(left.isEmpty)
    }

    /// By its path, and by a symbolic link from elsewhere: what belongs to it is found from its real path.
    @Test func labsRunFromFoldersWithSpaces() throws {
        let scratch = try Scratch()
        let prefix = try Self.install(in: scratch)
        let folder = "\(scratch.path)/a folder"
        try FileManager.default.createDirectory(
            atPath: "\(folder)/labs of mine", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/link", withDestinationPath: "\(prefix)/bin/almanac")
        try scratch.write(
            "name: real\nmachines:\n  a: { run: ['echo it runs in $(uname -s)'] }\n",
            to: "a folder/labs of mine/a lab.yaml")
        let models = try Almanac.Running(
            "\(prefix)/bin/almanac",
            ["run", "\(prefix)/share/doc/almanac/Examples/models.yaml", "--until", "5s", "--out", "a run"],
            in: folder, environment: Self.bare
        ).wait()
        #expect(models.status == 0, "\(models.output)\(models.errors)")
        let real = try Almanac.Running(
            "\(folder)/link",
            [
                "run", "labs of mine/a lab.yaml", "--out", "real run", "--kernel",
                try Almanac.kernel(in: scratch),
            ],
            in: folder, environment: Self.bare
        ).wait()
        #expect(real.status == 0, "\(real.output)\(real.errors)")
        #expect(scratch.read("a folder/real run/machines/a/1.out") == "it runs in Linux\n")
        #expect(processes(below: scratch.path).isEmpty)
        // The link to the entropy library is gone with the sockets.
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/real run/machines/a")
            .sorted()
        #expect(left == ["1.out", "console.log"])
        let doctor = try Almanac.Running(
            "\(folder)/link", ["doctor"], in: folder, environment: Self.bare
        ).wait()
        #expect(
            doctor.output.contains(
                "ok       the kernel recipe: \(prefix)/share/almanac/Kernel (installed with \(prefix)/bin/almanac)"
            ),
            "\(doctor.output)")
        #expect(doctor.output.contains("\(prefix)/lib/almanac/almanac-init"), "\(doctor.output)")
    }

    /// The run is the same as from the source tree: nothing of the paths can be seen in it.
    @Test func theRunIsTheSameAsFromTheSourceTree() throws {
        let scratch = try Scratch()
        let prefix = try Self.install(in: scratch)
        let lab = "\(Almanac.project)/Examples/three.yaml"
        var hashes: Set<String> = []
        for (program, name) in [(Almanac.program, "one"), ("\(prefix)/bin/almanac", "other")] {
            let outcome = try Almanac.Running(
                program, ["run", lab, "--out", "out/\(name)", "--no-report"], in: scratch.path
            ).wait()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let summary = try scratch.summary(name)
            hashes.insert(try #require(summary.hash))
        }
        #expect(hashes.count == 1)
    }

    @Test func anOrdinaryUserRunsLabs() throws {
        // Only root can become somebody else.
        guard getuid() == 0 else { return }
        let scratch = try Scratch()
        let prefix = try Self.install(in: scratch)
        try scratch.write(
            "name: real\nmachines:\n  a: { run: ['echo it runs as $(id -u)'] }\n", to: "lab.yaml")
        let folder = "\(scratch.path)/a folder of nobody"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The cache of root is closed to others.
        try FileManager.default.copyItem(
            atPath: try Almanac.kernel(in: scratch), toPath: "\(scratch.path)/linux")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        let outcome = try Almanac.Running(
            "/usr/bin/setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", "\(prefix)/bin/almanac", "run",
                "\(scratch.path)/lab.yaml", "--out", "\(folder)/a run", "--kernel", "\(scratch.path)/linux",
            ], in: scratch.path, environment: Self.bare
        ).wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.read("a folder of nobody/a run/machines/a/1.out").hasPrefix("it runs as "))
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func aProgramAloneSaysWhatIsMissing() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/a bin", withIntermediateDirectories: true)
        let program = "\(scratch.path)/a bin/almanac"
        try FileManager.default.copyItem(atPath: Almanac.program, toPath: program)
        let outcome = try Almanac.Running(program, ["kernel", "path"], in: "/tmp", environment: Self.bare)
            .wait()
        #expect(outcome.status == 3)
        #expect(
            outcome.errors
                == "almanac: the kernel recipe (Kernel/build) is missing: it is neither in \(scratch.path)/share/almanac "
                + "nor in a folder above \(program); install almanac with `make install`, or set ALMANAC_HOME to the "
                + "folder that holds Kernel\n")
        // What needs no kernel runs all the same.
        let check = try Almanac.Running(
            program, ["check", "\(Almanac.project)/Examples/models.yaml"], in: "/tmp",
            environment: Self.bare
        ).wait()
        #expect(check.status == 0, "\(check.errors)")
        let home = try Almanac.Running(
            program, ["doctor"], in: "/tmp", environment: ["ALMANAC_HOME": Almanac.project]
        ).wait()
        #expect(home.output.contains("\(Almanac.project)/Kernel (ALMANAC_HOME=\(Almanac.project))"))
    }

    @Test func aKernelIsNotBuiltInAFolderWithSpaces() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(
            ["kernel", "build"], in: scratch.path, environment: ["XDG_CACHE_HOME": "\(scratch.path)/a cache"])
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("set XDG_CACHE_HOME to another folder"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}
