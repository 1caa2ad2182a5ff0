internal import Calendar
internal import CalendarServer
internal import Foundation
internal import LabPlan
internal import Network
internal import Posix
internal import Simulation
internal import SystemPackage

/// A calendar, and optionally a switch, for guests that another program starts.
package final class CalendarService {
    /// What the command line says.
    package struct Options: Sendable {
        package var socket: String
        /// Clients to wait for; nil starts each one when it connects.
        package var clients: Int?
        /// RFC 3339.
        package var start: String
        package var switchPath: String?
        package var latency: String?
        package var silenceLimit: Int
        /// No device, of this or another process, interrupts clients.
        package var hasNoDevices: Bool
        /// Clients that can use it get shared scheduling memory.
        package var sharesMemory: Bool

        package init(
            socket: String, clients: Int?, start: String, switchPath: String?, latency: String?,
            silenceLimit: Int, hasNoDevices: Bool, sharesMemory: Bool
        ) {
            self.socket = socket
            self.clients = clients
            self.start = start
            self.switchPath = switchPath
            self.latency = latency
            self.silenceLimit = silenceLimit
            self.hasNoDevices = hasNoDevices
            self.sharesMemory = sharesMemory
        }
    }

    /// Longest free run granted, ns: 10 simulated seconds. Devices of other makers may interrupt a guest unasked; this
    /// bounds how far it can be ahead of the calendar then.
    static let longestGrant: UInt64 = 10_000_000_000

    private let options: Options
    private let simulation: Simulation
    private var lines: [String] = []
    /// What is acted on now; its memory is used again.
    private var simulationEvents: [SimulationEvent] = []
    private var started = 0
    private var left = 0
    /// Clients that have started and not left.
    private var clients: [(identity: UInt64, process: Int32?)] = []
    package private(set) var isInterrupted = false
    /// Clients that were ended because they broke a rule.
    package private(set) var brokenRules = 0
    /// Closed connections that a line has reported.
    private var reportedClosed = 0

    package init(options: Options) throws(RunError) {
        self.options = options
        Posix.raiseDescriptorLimit()
        let start: UInt64
        do throws(TextError) {
            start = try RFC3339.parse(options.start)
        } catch {
            throw RunError(.usage, "--start \(options.start): \(error)")
        }
        var latency: UInt64 = 1_000_000
        if let text = options.latency {
            do throws(TextError) {
                latency = try DurationText.parse(text)
            } catch {
                throw RunError(.usage, "--latency \(text): \(error)")
            }
        }
        for path in [options.socket] + [options.switchPath].compactMap({ $0 }) { try Self.removeStale(path) }
        let calendar = Calendar(
            start: start, roster: options.clients.map { .count($0) } ?? .open, longestGrant: Self.longestGrant
        )
        do throws(Errno) {
            simulation = try Simulation(
                socketPath: options.socket, calendar: Islands(calendar),
                networks: options.switchPath == nil ? [] : [SimulatedNetwork(.init(latency: latency))],
                devices: options.hasNoDevices ? .none : .foreign,
                sharedMemory: Self.sharedMemory(options, latency: latency),
                silenceLimit: options.silenceLimit, catchesSignals: true)
        } catch {
            throw RunError(.environment, "cannot listen at \(options.socket): \(error)")
        }
        if let path = options.switchPath {
            do throws(Errno) {
                try simulation.addHub(path: path, network: 0)
            } catch {
                throw RunError(.environment, "cannot listen at \(path): \(error)")
            }
        }
        let waiting = options.clients.map { ", waiting for \($0) client\($0 == 1 ? "" : "s")" } ?? ""
        lines.append(
            "calendar at \(options.socket)\(options.switchPath.map { ", switch at \($0)" } ?? "")\(waiting)")
    }

    /// Clients share one region, because devices of other programs may interrupt each of them. Without devices none needs to see
    /// another's requests.
    private static func sharedMemory(_ options: Options, latency: UInt64) -> CalendarServer.SharedMemory {
        guard options.sharesMemory else { return .none }
        if options.hasNoDevices { return .separate }
        return .common(lookahead: options.switchPath == nil ? .max : latency)
    }

    /// Removes a socket that no program listens on; anything else at the path is an error.
    private static func removeStale(_ path: String) throws(RunError) {
        let manager = FileManager.default
        guard let kind = try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType else {
            return
        }
        guard kind == .typeSocket else {
            throw RunError(.usage, "\(path) is there already and is not a socket")
        }
        if (try? UnixSocket.connect(path: path)) != nil {
            throw RunError(.usage, "\(path) is in use: another program listens there")
        }
        // If it cannot be removed, listening there fails with the reason.
        try? manager.removeItem(atPath: path)
    }

    /// Advances until something happened; false when the service is over.
    package func step() throws(RunError) -> Bool {
        do throws(Errno) {
            repeat {
                simulation.advance()
                act()
            } while simulation.isReady
            if isOver {
                reportClosed()
                return false
            }
            try simulation.wait()
            act()
        } catch {
            throw RunError(.internal, "the reactor failed: \(error)")
        }
        if isOver { reportClosed() }
        return !isOver
    }

    /// Lines to print since the last call.
    package func takeLines() -> [String] {
        defer { lines.removeAll() }
        return lines
    }

    /// Removes the sockets.
    package func close() {
        for path in [options.socket, options.switchPath].compactMap({ $0 }) {
            // It may be gone already.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private var isOver: Bool { isInterrupted || (started >= (options.clients ?? 1) && started == left) }

    private func act() {
        simulation.takeEvents(into: &simulationEvents)
        for event in simulationEvents {
            switch event {
            case .started(let identity, let process):
                started += 1
                clients.append((identity, process))
                let name = identity == .max ? "a client without an ID" : "client \(identity)"
                lines.append(
                    "\(name)\(process.map { " (process \($0))" } ?? "") started at \(simulation.now)")
            case .departed(let departure):
                if departure.client != nil { left += 1 }
                clients.removeAll { $0.identity == departure.identity }
                if let misuse = departure.misuse, misuse != .leftInTurn { brokenRules += 1 }
                lines.append(departure.description)
            case .deviceEnded(_, let name, let reason):
                if let reason { lines.append("\(name): \(reason)") }
            case .interrupted:
                isInterrupted = true
            case .stuck(let stagnation):
                hang(stagnation)
            case .tick:
                reportClosed()
            case .control, .console, .consoleLine, .childEnded, .alarm, .coreContended,
                .dedicatedCoreUnused, .modelBegan, .modelOutput, .modelEnded, .visitorIsReady:
                break
            }
        }
    }

    private func reportClosed() {
        let count = simulation.connectionsClosed - reportedClosed
        guard count > 0 else { return }
        reportedClosed += count
        lines.append(
            "\(count) connection\(count == 1 ? "" : "s") that never started closed: too many, or idle for too long"
        )
    }

    /// No simulated time has passed for the limit of silence: names the clients that are waited for. A client that was silent for as
    /// long in its turn is ended, and the others continue; a client that sends messages is not.
    private func hang(_ stagnation: Stagnation) {
        var isHeld = false
        var sentences: [String] = []
        for (identity, process) in clients {
            let name = identity == .max ? "a client without an ID" : "client \(identity)"
            let standing = simulation.standing(of: identity)
            switch standing {
            case .runs, .owesReply: isHeld = true
            default: break
            }
            let state =
                process.flatMap { ProcessView(of: $0) }.map { ", process \($0.processID) (\($0.state))" }
                ?? ""
            sentences.append("\(name)\(state) \(standing)")
        }
        // While clients are still gathering, there is no limit.
        guard isHeld else { return }
        let kind =
            stagnation.isTalk
            ? "clients take turns endlessly at the same instant" : "no simulated time passes"
        lines.append("stuck for \(stagnation.seconds) s of wall-clock time: \(kind)")
        lines += sentences.map { "  " + $0 }
        if stagnation.silentSeconds >= options.silenceLimit { simulation.endSilent(stagnation) }
    }
}
