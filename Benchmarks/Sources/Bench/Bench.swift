import CClients
import Foundation
import Glibc

/// `Bench [ROW]… [--runs N] [--core N] [--peer PROGRAM]`: measures the rows of docs/performance.md, or those named, and prints each
/// as a ratio with its limit. Exit code 1 when a row misses its limit.
///
/// PROGRAM is another calendar's runner: called as `PROGRAM ROW`, it runs the same machines under that calendar; its
/// wall-clock time is taken. It says with exit code 77 that it does not know the row. Called as `PROGRAM calendar SOCKET CLIENTS
/// memory|messages [SWITCH]`, it becomes that calendar, with a switch of 5 ms, until it is ended.
@main
struct Bench {
    /// A ratio and what it must reach.
    struct Row {
        let name: String
        let measured: String
        /// What its time is divided by.
        let divisor: String
        let limit: Double
        let measure: (Bench) throws -> Figures
        /// The ratio has to be at least the limit, not at most.
        var isAtLeast = false
        /// The other time is the peer's: without `--peer` the row is left out.
        var needsPeer = false
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    var runs = 5
    var core: CInt = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) > 1 ? 1 : 0
    var peer: String?
    var names: [String] = []

    /// The project's folder: this package lies in it.
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    static let almanac = "\(project)/.build/release/almanac"

    static func main() {
        do {
            let bench = try Bench(CommandLine.arguments.dropFirst())
            exit(try bench.run() ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(2)
        }
    }

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        func value(of option: String) throws -> String {
            guard let value = rest.popFirst() else { throw Failure(description: "\(option) needs a value") }
            return value
        }
        func number(of option: String) throws -> Int {
            guard let number = Int(try value(of: option)), number >= 0 else {
                throw Failure(description: "\(option) needs a number")
            }
            return number
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--runs": runs = max(1, try number(of: argument))
            case "--core": core = CInt(try number(of: argument))
            case "--peer": peer = try value(of: argument)
            default:
                guard Self.rows.contains(where: { $0.name == argument }) else {
                    let known = Self.rows.map(\.name).joined(separator: ", ")
                    throw Failure(description: "no row \(argument); there are \(known)")
                }
                names.append(argument)
            }
        }
        guard FileManager.default.isExecutableFile(atPath: Self.almanac) else {
            throw Failure(description: "no \(Self.almanac): build it with `make build`")
        }
    }

    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    /// True when every row that was measured is within its limit.
    private func run() throws -> Bool {
        var good = true
        say(
            "| row | measured | divided by | median | least to most | must be | |\n|---|---|---|---|---|---|---|"
        )
        for row in Self.rows where names.isEmpty || names.contains(row.name) {
            guard peer != nil || !row.needsPeer || names.contains(row.name) else {
                say("| \(row.name) | \(row.measured) | \(row.divisor) | | | | needs --peer |")
                continue
            }
            let figures = try row.measure(self)
            let holds = row.isAtLeast ? figures.median >= row.limit : figures.median <= row.limit
            good = good && holds
            say(
                "| \(row.name) | \(row.measured) | \(row.divisor) | \(figures.median.short) | \(figures.least.short) to \(figures.most.short)"
                    + " | \(row.isAtLeast ? "at least" : "at most") \(row.limit.short) | \(holds ? "" : "misses") |"
            )
        }
        return good
    }

    static var rows: [Row] {
        [
            Row(
                name: "messages", measured: "a turn of 2 clients that exchange messages only",
                divisor: "a round trip of a ring of 2",
                limit: 2.4,
                measure: { try $0.turnsInRoundTrips(clients: 2, memory: false) }),
            Row(
                name: "sixty-clients", measured: "a turn of 60 clients",
                divisor: "a turn of 2 clients", limit: 1.3,
                measure: { try $0.turns(clients: 60, against: 2) }),
            Row(
                name: "memory", measured: "a turn of 2 clients with shared scheduling memory",
                divisor: "a round trip of a ring of 2",
                limit: 1.2,
                measure: { try $0.turnsInRoundTrips(clients: 2, memory: true) }),
            Row(
                name: "memory-peer", measured: "a turn of 2 clients with shared scheduling memory",
                divisor: "the peer's", limit: 1,
                measure: { try $0.turnAgainstPeer(clients: 2, memory: true) }, needsPeer: true),
            Row(
                name: "messages-peer", measured: "a turn of 2 clients that exchange messages only",
                divisor: "the peer's", limit: 0.6,
                measure: { try $0.turnAgainstPeer(clients: 2, memory: false) }, needsPeer: true),
            Row(
                name: "sixty-peer", measured: "a turn of 60 clients that exchange messages only",
                divisor: "the peer's", limit: 0.45,
                measure: { try $0.turnAgainstPeer(clients: 60, memory: false) }, needsPeer: true),
            Row(
                name: "calendar-ping", measured: "two guests started by hand, 1000 pings, one every 0.9 s",
                divisor: "the same under the peer", limit: 0.85,
                measure: { try $0.startedByHand(pings: 1000, interval: "0.9", wait: 1000) }, needsPeer: true),
            Row(
                name: "calendar-ping20000",
                measured: "two guests started by hand, 20,000 pings, one every 10 ms",
                divisor: "the same under the peer", limit: 0.85,
                measure: { try $0.startedByHand(pings: 20_000, interval: "0.01", wait: 250) }, needsPeer: true
            ),
            Row(
                name: "many-clients", measured: "a turn of 4096 clients, per round trip of a ring of 4096",
                divisor: "a turn of 2 clients, per round trip of a ring of 2", limit: 1.5,
                measure: { try $0.manyClients(4096) }),
            Row(
                name: "ping", measured: "ping.yaml, whole run",
                divisor: "the peer's, pinned in the same way", limit: 0.79,
                measure: { try $0.against("ping", example("ping")) }, needsPeer: true),
            Row(
                name: "ping-shipped", measured: "ping.yaml, whole run",
                divisor: "the peer's, as shipped", limit: 0.45,
                measure: { try $0.against("ping-shipped", example("ping")) }, needsPeer: true),
            Row(
                name: "ping20000", measured: "20,000 pings, one every 10 ms",
                divisor: "the peer's, pinned in the same way", limit: 0.55,
                measure: { try $0.against("ping20000", lab("ping20000")) }, needsPeer: true),
            Row(
                name: "iperf", measured: "iperf3 -n 200M over 5 ms",
                divisor: "the peer's, pinned in the same way", limit: 0.25,
                measure: { try $0.against("iperf", lab("iperf")) }, needsPeer: true),
            Row(
                name: "iperf-packets", measured: "the same with `offload: false`",
                divisor: "the peer's, pinned in the same way", limit: 0.7,
                measure: { try $0.against("iperf", lab("iperf"), ["--set", "networks.lan.offload=false"]) },
                needsPeer: true),
            Row(
                name: "sixty-machines", measured: "60 machines boot, ping one, halt",
                divisor: "the peer's, pinned in the same way",
                limit: 0.5,
                measure: { try $0.against("sixty", lab("sixty")) }, needsPeer: true),
            Row(
                name: "parallel", measured: "two machines hash 300 MB each, with one job",
                divisor: "the same with two jobs",
                limit: 1.8,
                measure: { try $0.parallel(lab("hash")) }, isAtLeast: true),
            Row(
                name: "models", measured: "10,000 models ping for 60 s: wall-clock time",
                divisor: "simulated time",
                limit: 1,
                measure: { try $0.models(10_000) }),
            Row(
                name: "trace", measured: "ping.yaml with its trace",
                divisor: "the same without", limit: 1.03,
                measure: { try $0.whole(example("ping"), without: ["--trace", "off"]) }),
            Row(
                name: "report", measured: "ping.yaml with its page",
                divisor: "the same without", limit: 1.1,
                measure: { try $0.whole(example("ping"), without: [], report: true) }),
            Row(
                name: "models-cost", measured: "a ping of 10,000 models",
                divisor: "a ping of 100 models", limit: 2,
                measure: { try $0.modelCost(10_000, against: 100) }),
            Row(
                name: "idle", measured: "ten idle machines for 30 days: wall-clock time",
                divisor: "10 s", limit: 1,
                measure: { try $0.wall(lab("idle"), of: 10) }),
            Row(
                name: "idle-trace", measured: "the trace of that run",
                divisor: "5 MB", limit: 1,
                measure: { try $0.traceSize(lab("idle"), of: 5_000_000) }),
            Row(
                name: "first-touch", measured: "a program's first access to a page of memory, 262,144 pages",
                divisor: "10 us", limit: 1,
                measure: { try $0.firstTouch(pages: 1 << 18, of: 10e-6) }),
            Row(
                name: "polling", measured: "ping -q -i 0.01 -c 1000 over 1 ms: wall-clock time",
                divisor: "a fiftieth of its 10 simulated seconds", limit: 1,
                measure: { try $0.wall(lab("polling"), of: 0.2) }),
            Row(
                name: "boot", measured: "100 machines boot and halt on two jobs: wall-clock time",
                divisor: "25 ms for each", limit: 1,
                measure: { try $0.wall(lab("boot"), of: 2.5) }),
        ] + formerKernel
    }

    /// The default kernel and guest mode against the former ones, whole runs.
    private static var formerKernel: [Row] {
        let labs: [(name: String, lab: String, limit: Double)] = [
            ("ping", example("ping"), 0.65), ("ping20000", lab("ping20000"), 0.65),
            ("iperf", lab("iperf"), 0.35),
            ("calls", lab("calls"), 0.5), ("etcd", example("etcd"), 0.45), ("redis", example("redis"), 0.5),
            ("ospf", example("ospf"), 0.5), ("hundred", example("hundred"), 0.8),
        ]
        return labs.map { name, lab, limit in
            Row(
                name: "\(name)-default", measured: "\(name), as `make kernel` makes the kernel",
                divisor: "the same on 6.12 with ptrace", limit: limit,
                measure: { try $0.againstFormerKernel(lab) })
        }
    }

    private static func example(_ name: String) -> String { "\(project)/Examples/\(name).yaml" }

    private static func lab(_ name: String) -> String { "\(project)/Benchmarks/labs/\(name).yaml" }
}
