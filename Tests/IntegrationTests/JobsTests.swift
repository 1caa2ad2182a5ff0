import Foundation
import Report
import Testing

/// Real kernels leave the same, to the last byte, however many machines run at the same time.
@Suite(.serialized)
struct JobsTests {
    /// What a run leaves in its machines' folders.
    private func leftovers(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        for name in names {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue
            else {
                continue
            }
            files[name] = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return files
    }

    @Test(arguments: ["ping", "three", "mixed"]) func jobsCannotBeSeen(_ lab: String) throws {
        let scratch = try Scratch()
        var runs: [(files: [String: Data], summary: RunSummary)] = []
        for (jobs, folder) in [("1", "one"), ("2", "two"), ("2", "again")] {
            let outcome = try Almanac.run(
                ["run", "\(Almanac.project)/Examples/\(lab).yaml", "--jobs", jobs, "--out", "out/\(folder)"],
                in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            runs.append(
                (try leftovers("\(scratch.path)/out/\(folder)/machines"), try scratch.summary(folder)))
        }
        for run in runs.dropFirst() {
            #expect(run.files.keys.sorted() == runs[0].files.keys.sorted())
            let different = run.files.keys.sorted().filter { run.files[$0] != runs[0].files[$0] }
            #expect(different.isEmpty)
            #expect(run.summary.virtualNanoseconds == runs[0].summary.virtualNanoseconds)
            #expect(run.summary.hash == runs[0].summary.hash)
        }
        #expect(runs[0].files.count >= 3 && runs[0].summary.hash?.count == 16)
    }

    /// Two that compute at the same time get a core each, if there are two; the summary says so.
    @Test func thoseWhoComputeTogetherArePlacedApart() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: apart
            networks:
              lan: { subnet: 10.0.0.0/24, latency: 5ms }
            machines:
              m: { count: 2, networks: [lan], run: ["head -c 100M /dev/zero | sha256sum"] }
            """, to: "apart.yaml")
        let hasCores = ProcessInfo.processInfo.activeProcessorCount > 1
        let claims = try PrivateClaims(in: scratch.path)
        var outputs: [String] = []
        for (options, cores) in [([], 2), (["--jobs", "1"], 1), (["--no-pin"], 0)] {
            let outcome = try claims.run(["run", "apart.yaml"] + options)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let summary = try scratch.summary("apart")
            outputs.append(scratch.read("out/apart/machines/m1/1.out"))
            let used = (summary.cores ?? []).count
            if claims.arePrivate, hasCores || cores == 0 {
                #expect(used == cores)
                #expect((summary.moves > 0) == (cores > 1))
            } else {
                // Another run may hold the other cores, so there may be nothing to choose.
                #expect(used <= cores)
                #expect(summary.moves == 0 || cores > 1)
            }
        }
        #expect(Set(outputs).count == 1)
    }

    /// Random numbers belong to names: another machine does not change those that are there.
    @Test func anotherMachineChangesNobodysNumbers() throws {
        let scratch = try Scratch()
        var outputs: [[String]] = []
        for names in [["b"], ["a", "b", "c"]] {
            let machines = names.map {
                "  \($0): { run: [\"od -An -tx8 -N64 /dev/urandom; head -c 16 /dev/hwrng | od\"] }"
            }
            try scratch.write(
                "name: names\nmachines:\n\(machines.joined(separator: "\n"))\n", to: "names.yaml")
            let outcome = try Almanac.run(["run", "names.yaml"], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            outputs.append(names.map { scratch.read("out/names/machines/\($0)/1.out") })
        }
        #expect(outputs[0][0].count > 100)
        #expect(outputs[0][0] == outputs[1][1])
        #expect(Set(outputs[1]).count == 3)
    }

    /// The comparison can fail: another seed gives other numbers to the kernels.
    @Test func anotherSeedIsSeen() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: numbers
            machines:
              m: { run: ["od -An -tx8 -N64 /dev/urandom"] }
            """, to: "numbers.yaml")
        let outputs = try ["1", "1", "2"].map { seed in
            let outcome = try Almanac.run(["run", "numbers.yaml", "--seed", seed], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            return scratch.read("out/numbers/machines/m/1.out")
        }
        #expect(outputs[0].count > 100)
        #expect(outputs[0] == outputs[1])
        #expect(outputs[0] != outputs[2])
    }
}

/// Runs whose claims of cores no other run on this host sees: claims are abstract socket names, and each network namespace
/// has its own (unix(7)).
private struct PrivateClaims {
    private static let unshare = "/usr/bin/unshare"
    private let folder: String
    /// The options of `unshare` that this host allows; nil when it allows none, and claims are seen by all.
    private let options: [String]?

    var arePrivate: Bool { options != nil }

    init(in folder: String) throws {
        self.folder = folder
        guard FileManager.default.isExecutableFile(atPath: Self.unshare) else {
            options = nil
            return
        }
        options = try [["--net"], ["--user", "--map-root-user", "--net"]].first { options in
            try Almanac.Running(Self.unshare, options + ["true"], in: folder).wait().status == 0
        }
    }

    func run(_ arguments: [String]) throws -> Almanac.Outcome {
        guard let options else { return try Almanac.run(arguments, in: folder) }
        return try Almanac.Running(Self.unshare, options + [Almanac.program] + arguments, in: folder).wait()
    }
}
