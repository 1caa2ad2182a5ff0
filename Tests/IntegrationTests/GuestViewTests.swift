import Foundation
import Report
import Testing

/// What programs see of the machine that they run on.
@Suite(.serialized)
struct GuestViewTests {
    private func run(_ lab: String, in scratch: Scratch) throws -> Almanac.Outcome {
        try scratch.write(lab, to: "lab.yaml")
        return try Almanac.run(["run", "lab.yaml", "--out", "out/lab", "--no-report"], in: scratch.path)
    }

    /// Programs of procps and util-linux are content with /proc/cpuinfo, and it says nothing about the host.
    @Test func processor() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
            name: lab
            machines:
              m: { run: ["ps aux", vmstat, "top -bn1", lscpu, nproc, "cat /proc/cpuinfo"] }
            """, in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(scratch.read("out/lab/machines/m/1.out").contains("ps aux"))
        #expect(scratch.read("out/lab/machines/m/5.out") == "1\n")
        let cpuinfo = scratch.read("out/lab/machines/m/6.out")
        #expect(cpuinfo.contains("\ncore id\t\t: 0\n"))
        let host = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        for line in host.split(separator: "\n") where line.hasPrefix("model name") {
            #expect(!cpuinfo.contains(line))
        }
        #expect(!cpuinfo.contains("\nhost"))
    }

    /// Files many times as long as what one control message carries, more than the machine's memory without a disk.
    @Test func largeFiles() throws {
        let scratch = try Scratch()
        let bytes = (0..<20_000_003).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(scratch.path)/large"))
        let outcome = try run(
            """
            name: lab
            machines:
              m:
                memory: 96M
                files: { /root/large: { from: large, mode: "0640" }, /root/empty: "" }
                run: [md5sum /root/large, "stat -c '%a %s' /root/large /root/empty"]
            """, in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let host = try Almanac.Running("/usr/bin/md5sum", ["large"], in: scratch.path).wait().output
        #expect(scratch.read("out/lab/machines/m/1.out").prefix(32) == host.prefix(32))
        #expect(scratch.read("out/lab/machines/m/2.out") == "640 20000003\n644 0\n")
    }

    /// A file that does not fit is a problem that is named, not a panic of the kernel.
    @Test func filesThatDoNotFit() throws {
        let scratch = try Scratch()
        try Data(count: 40_000_000).write(to: URL(fileURLWithPath: "\(scratch.path)/large"))
        let outcome = try run(
            """
            name: lab
            machines:
              m: { memory: 48M, files: { /root/large: { from: large } }, run: ["true"] }
            """, in: scratch)
        let problem = "cannot write /root/large: No space left on device"
        #expect((outcome.output + outcome.errors).contains(problem), "\(outcome.output)\(outcome.errors)")
        #expect(!scratch.read("out/lab/machines/m/console.log").contains("panic"))
    }

    /// What cannot be copied is found before anything boots.
    @Test func missingFiles() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: lab\nmachines:\n  m:\n    files: { /index.html: { from: nofile.html } }\n", to: "lab.yaml")
        for command in ["check", "run"] {
            let outcome = try Almanac.run([command, "lab.yaml"], in: scratch.path)
            #expect(outcome.status == 2)
            #expect(
                outcome.errors
                    == "almanac: lab.yaml:4:27: cannot read 'nofile.html': there is no such file\n")
        }
        #expect(!scratch.exists("out"))
    }
}
