import Foundation
import Report
import Testing

/// Connections that never begin to work, at a calendar's, a hub's and machines' sockets.
@Suite(.serialized)
struct FloodTests {
    private static let tool = Almanac.project + "/tools/flood"

    /// More idle connections than the calendar may have descriptors; it ended with "Too many open files" once. The full size is
    /// `make flood`.
    @Test(arguments: [(descriptors: 256, idle: 600), (descriptors: 64, idle: 200)])
    func clientsGetTheirTurnsBesideIdleConnections(descriptors: Int, idle: Int) throws {
        let scratch = try Scratch()
        let outcome = try Almanac.Running(
            "/usr/bin/python3",
            [Self.tool, Almanac.program, "--idle", "\(idle)", "--descriptors", "\(descriptors)"],
            in: scratch.path
        ).wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("2 clients took 200 turns"))
    }

    /// Opens and keeps connections to every socket of a run, until its process has ended.
    private static let flood = """
        import glob, os, socket, sys, time
        held, count = [], 0
        while os.path.exists('/proc/' + sys.argv[1]):
            for path in ['out/x/calendar.socket'] + glob.glob('out/x/machines/*/*.socket'):
                for number in range(10):
                    end = socket.socket(socket.AF_UNIX)
                    end.setblocking(False)
                    try:
                        end.connect(path)
                        held.append(end)
                        count += 1
                    except OSError:
                        pass
            held = held[-400:]
            time.sleep(0.001)
        print(count)
        """

    /// The same trace, to the last byte, as without the flood.
    @Test func aLabRunsAsIfNobodyFlooded() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            machines:
              a: { networks: [lan], run: [ping -c 300 -i 0.1 b] }
              b: { networks: [lan] }
            """, to: "lab.yaml")
        var hashes: [String] = []
        for isFlooded in [false, true] {
            let command = "ulimit -n 256; exec '\(Almanac.program)' run lab.yaml"
            let run = try Almanac.Running("/bin/sh", ["-c", command], in: scratch.path)
            let flood = try Almanac.Running(
                "/usr/bin/python3",
                ["-c", isFlooded ? Self.flood : "", "\(run.process.processIdentifier)"], in: scratch.path)
            let outcome = run.wait()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let count = Int(flood.wait().output.trimmingCharacters(in: .newlines))
            #expect(!isFlooded || (count ?? 0) > 500, "only \(count ?? 0) connections were made")
            hashes.append(try scratch.summary("x").hash ?? "none")
        }
        #expect(hashes[0] == hashes[1] && hashes[0] != "none")
    }
}
